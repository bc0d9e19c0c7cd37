"""The training loop's state: it can stop after any step and go on to the same end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...sim_envs.errors import PolicyError
from ..base.checkpoint import Tensors, read_tensors, write_tensors
from ..base.schedule import average, load_parameters, one_cycle, set_rate, trainable
from ..base.torch_setup import Precision, as_tensor
from ..network import PolicyNetwork
from .distributed import Processes
from .validate import windows
from .window_data import TrainingData

STATE = "state"
"""Metadata key of the JSON part of a saved state."""


@dataclass(frozen=True)
class LoopConfig:
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
    proprioception_dropout: float = 0.0
    """Share of the windows that do not see the robot's own state."""
    aux_grasp: float = 0.0
    """Weight of finding where the gripper closes next."""


@dataclass
class ScoredWeights:
    """Averaged weights that rollouts judged, or would have."""

    step: int
    score: float | None
    weights: Tensors


class TrainingLoop:
    """One training: the network, its averaged weights, and how far it is.

    Every draw is a function of (seed, step) and the schedule one of the step, so the weights,
    the optimiser's moments and the step number are all that resuming needs.
    """

    def __init__(
        self,
        network: PolicyNetwork,
        data: TrainingData,
        weights: NDArray[np.float64],
        recipe: LoopConfig,
        precision: Precision,
        processes: Processes | None = None,
    ) -> None:
        self.network, self.data, self.recipe, self.precision = network, data, recipe, precision
        self.processes = processes or Processes()
        network.to(self.processes.device)
        cumulative = np.cumsum(weights)
        self._cumulative = cumulative / cumulative[-1]
        opinions = network.head.opinions
        unit = opinions * self.processes.count  # every process trains every opinion
        self.batch = -(-recipe.batch // unit) * unit
        self.parameters = trainable(network)
        self.mean = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.optimiser = torch.optim.AdamW(
            self.parameters.values(), recipe.peak_rate, weight_decay=recipe.weight_decay, fused=True
        )
        self.step = self.tried = 0
        self.is_whole = True
        """False in the middle of an update, where a state must not be saved."""
        self.best: ScoredWeights | None = None

    def update(self) -> Tensor:
        """One step of training; its loss, a scalar that is not yet read back."""
        recipe, step, network = self.recipe, self.step, self.network
        network.train()
        set_rate(self.optimiser, one_cycle(step, recipe.steps, recipe.peak_rate))
        with flush_denormals():
            loss = self._loss()
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
            heard = self.processes.average(self.parameters.values(), loss.detach())
            self.is_whole = False
            self.optimiser.step()
            average(self.mean, self.parameters, step, recipe.ema)
            self.step += 1
            self.is_whole = True
        return heard

    def _loss(self) -> Tensor:
        """Of this process's part of the batch."""
        recipe, network, device = self.recipe, self.network, self.processes.device
        seed = (recipe.seed * 1_000_003 + self.step) * self.processes.count + self.processes.index
        noise = torch.Generator().manual_seed(seed)
        chosen = self._draw(np.random.default_rng((recipe.seed, self.step)))
        batch, actions, mask = windows(self.data, chosen, device)
        augmentation = network.vision.augmentation
        if augmentation is not None and network.history == 1:
            given = batch["features"], actions, mask
            features, actions, mask = augmentation.augment(*given, noise)
            batch = {**batch, "features": features}
        with self.precision.autocast():
            if self.data.marks is None:
                x = network.encode(batch, noise, recipe.proprioception_dropout)
                return network.head.loss(x, actions, mask, noise)
            marks = as_tensor(self.data.marks[chosen]).to(device)
            x, missed = network.encode_with_loss(batch, marks, noise, recipe.proprioception_dropout)
            return network.head.loss(x, actions, mask, noise) + recipe.aux_grasp * missed

    def _draw(self, random: np.random.Generator) -> NDArray[np.int64]:
        """Places of this process's windows: the same batch for any number of processes."""
        whole = np.searchsorted(self._cumulative, random.random(self.batch), side="right")
        return self.processes.part(whole, self.network.head.opinions)

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
            load_parameters(self.network, _under("now", tensors))
            for name, value in _under("mean", tensors).items():
                self.mean[name].copy_(value)
            self._restore_optimiser(tensors)
            if state["best"]:
                self.best = ScoredWeights(**state["best"], weights=_under("best", tensors))
            self.step, self.tried = int(state["step"]), int(state["tried"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise PolicyError(f"{path}: not a state of this training ({error!r})") from None

    def _restore_optimiser(self, tensors: Tensors) -> None:
        keys = ("exp_avg", "exp_avg_sq", "step")
        if f"step.{next(iter(self.parameters))}" not in tensors:
            return  # saved before the first update
        device = self.processes.device
        for name, parameter in self.parameters.items():
            state = {key: tensors[f"{key}.{name}"].to(device) for key in keys}
            self.optimiser.state[parameter] = state


def saved_extra(path: Path) -> dict[str, Any]:
    """What was given to `save`; PolicyError where the file is damaged or something else."""
    _, metadata = read_tensors(path)
    try:
        extra: dict[str, Any] = metadata[STATE]["extra"]
    except (KeyError, TypeError, ValueError) as error:
        raise PolicyError(f"{path}: not a state of a training ({error!r}); remove it") from None
    return extra


@contextmanager
def flush_denormals() -> Iterator[None]:
    """Numbers that all but vanish, as fading gradients and moments do, count as zero.

    Computing with them takes ten times as long on common CPUs.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def better(new: ScoredWeights, old: ScoredWeights | None) -> ScoredWeights:
    """The one with the higher score; the later one of two equals."""
    if old is None or old.score is None or new.score is None:
        return new
    return new if new.score >= old.score else old


def run(
    fit: TrainingLoop, stops: set[int], at_stop: Callable[[], None], each: Callable[[Tensor], None]
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
