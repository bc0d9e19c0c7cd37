"""The training loop's state: it can stop after any step and go on to the same end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..sim_envs.errors import PolicyError
from .checkpoint import Tensors, read_tensors, write_tensors
from .data import TrainingData
from .heads.head import masked_mean
from .optimise import average, one_cycle, put, set_rate, trainable
from .policy import Network, as_batch
from .precision import Precision
from .tensors import as_tensor
from .vision import Batch

STATE = "state"
"""Metadata key of the JSON part of a saved state."""
EVALUATION_BATCH = 512


@dataclass(frozen=True)
class Recipe:
    """The numbers that the loop needs."""

    steps: int
    """Updates in all."""
    batch: int
    """Windows in one update, over all opinions of the head."""
    peak_rate: float
    """Highest learning rate of the one-cycle schedule."""
    weight_decay: float
    """Of AdamW."""
    ema: float
    """Decay of the moving average of the weights."""
    seed: int
    """Of order and noise."""


@dataclass
class Candidate:
    """Averaged weights that rollouts judged, or would have."""

    step: int
    score: float | None
    weights: Tensors


class Fit:
    """One training: the network, its averaged weights, and how far it is.

    Every draw is a function of (seed, step) and the schedule one of the step, so the weights,
    the optimiser's moments and the step number are all that resuming needs.
    """

    def __init__(
        self,
        network: Network,
        data: TrainingData,
        weights: NDArray[np.float64],
        recipe: Recipe,
        precision: Precision,
    ) -> None:
        self.network, self.data, self.recipe, self.precision = network, data, recipe, precision
        cumulative = np.cumsum(weights)
        self._cumulative = cumulative / cumulative[-1]
        opinions = network.head.opinions
        self.batch = -(-recipe.batch // opinions) * opinions
        self.parameters = trainable(network)
        self.mean = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.optimiser = torch.optim.AdamW(
            self.parameters.values(), recipe.peak_rate, weight_decay=recipe.weight_decay, fused=True
        )
        self.step = self.tried = 0
        self.is_whole = True
        """False in the middle of an update, where a state must not be saved."""
        self.best: Candidate | None = None

    def update(self) -> Tensor:
        """One step of training; its loss, a scalar that is not yet read back."""
        recipe, step = self.recipe, self.step
        self.network.train()
        set_rate(self.optimiser, one_cycle(step, recipe.steps, recipe.peak_rate))
        noise = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
        batch, actions, mask = self._draw(np.random.default_rng((recipe.seed, step)))
        with self.precision.autocast():
            loss = self.network.head.loss(self.network.vision(batch, noise), actions, mask, noise)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        self.is_whole = False
        self.optimiser.step()
        average(self.mean, self.parameters, step, recipe.ema)
        self.step += 1
        self.is_whole = True
        return loss.detach()

    def _draw(self, random: np.random.Generator) -> tuple[Batch, Tensor, Tensor]:
        chosen = np.searchsorted(self._cumulative, random.random(self.batch), side="right")
        return windows(self.data, chosen)

    def state(self) -> tuple[Tensors, dict[str, Any]]:
        """Everything that resuming needs, as tensors and JSON."""
        tensors: Tensors = {}
        for name, parameter in self.parameters.items():
            tensors[f"now.{name}"] = parameter.detach()
            tensors[f"mean.{name}"] = self.mean[name]
            for key, value in self.optimiser.state[parameter].items():
                tensors[f"{key}.{name}"] = value
        best = None
        if self.best is not None:
            best = {"step": self.best.step, "score": self.best.score}
            tensors |= {f"best.{name}": value for name, value in self.best.weights.items()}
        return tensors, {"step": self.step, "tried": self.tried, "best": best}

    def save(self, path: Path, extra: dict[str, Any]) -> None:
        """Replace the saved state at `path`; `extra` comes back from `saved_extra`."""
        tensors, state = self.state()
        write_tensors(path, tensors, {STATE: {**state, "extra": extra}})

    def restore(self, path: Path) -> None:
        """Go on from a saved state; PolicyError where it does not fit."""
        tensors, metadata = read_tensors(path)
        try:
            state = metadata[STATE]
            put(self.network, _under("now", tensors))
            for name, value in _under("mean", tensors).items():
                self.mean[name].copy_(value)
            self._restore_optimiser(tensors)
            if state["best"]:
                self.best = Candidate(**state["best"], weights=_under("best", tensors))
            self.step, self.tried = int(state["step"]), int(state["tried"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise PolicyError(f"{path}: not a state of this training ({error!r})") from None

    def _restore_optimiser(self, tensors: Tensors) -> None:
        keys = ("exp_avg", "exp_avg_sq", "step")
        if f"step.{next(iter(self.parameters))}" not in tensors:
            return  # saved before the first update
        for name, parameter in self.parameters.items():
            self.optimiser.state[parameter] = {key: tensors[f"{key}.{name}"] for key in keys}


def saved_extra(path: Path) -> dict[str, Any]:
    """What was given to `save`; PolicyError where the file is damaged or something else."""
    _, metadata = read_tensors(path)
    try:
        extra: dict[str, Any] = metadata[STATE]["extra"]
    except (KeyError, TypeError, ValueError) as error:
        raise PolicyError(f"{path}: not a state of a training ({error!r}); remove it") from None
    return extra


def windows(data: TrainingData, chosen: NDArray[np.integer]) -> tuple[Batch, Tensor, Tensor]:
    """Inputs, actions (B, H, 7) and mask (B, H) of some windows, as tensors."""
    rows = data.rows[chosen]
    inputs = {key: column[rows] for key, column in data.inputs.items()}
    actions, mask = data.actions[chosen], data.mask[chosen]
    return as_batch(inputs), as_tensor(actions), as_tensor(mask)


@torch.inference_mode()
def evaluate(
    network: Network, data: TrainingData, limit: int = 4096
) -> tuple[float, NDArray[np.float32]]:
    """Mean absolute error of the plans and their spread (B, H, 7), on at most `limit` windows."""
    network.eval()
    chosen = np.linspace(0, len(data) - 1, min(limit, len(data))).astype(np.int64)
    errors, spreads = [], []
    for start in range(0, len(chosen), EVALUATION_BATCH):
        part = chosen[start : start + EVALUATION_BATCH]
        batch, actions, mask = windows(data, part)
        prediction = network.head.predict(network.vision(batch))
        errors.append(float(masked_mean((prediction.actions - actions).abs(), mask)) * len(part))
        spreads.append(prediction.spread.numpy())
    return sum(errors) / len(chosen), np.concatenate(spreads)


def better(new: Candidate, old: Candidate | None) -> Candidate:
    """The one with the higher score; the later one of two equals."""
    if old is None or old.score is None or new.score is None:
        return new
    return new if new.score >= old.score else old


def run(
    fit: Fit, stops: set[int], at_stop: Callable[[], None], each: Callable[[Tensor], None]
) -> None:
    """Update to the end; `each` hears every loss, `at_stop` is called once after certain steps."""
    while True:
        if fit.step in stops and fit.step > fit.tried:
            at_stop()
            fit.tried = fit.step
        if fit.step >= fit.recipe.steps:
            return
        each(fit.update())


def _under(prefix: str, tensors: Tensors) -> Tensors:
    lead = prefix + "."
    return {name.removeprefix(lead): t for name, t in tensors.items() if name.startswith(lead)}
