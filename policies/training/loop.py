"""`TrainingLoop` updates a network step by step, and can be saved and resumed after any step.

`Training` and `finetune` run it. A resumed training ends with the same weights as an uninterrupted.
"""

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
    """The hyperparameters that the loop reads."""

    steps: int
    """Total number of updates."""
    batch: int
    """Windows in one update, over all opinions of the head."""
    peak_rate: float
    """Highest learning rate of the one-cycle schedule."""
    weight_decay: float
    """Weight decay of AdamW."""
    ema: float
    """Decay of the moving average of the weights."""
    seed: int
    """Seed of order and noise."""
    proprioception_dropout: float = 0.0
    """Share of the windows without the robot's own state."""
    aux_grasp: float = 0.0
    """Weight of the loss on where the gripper closes next."""


@dataclass
class ScoredWeights:
    """Averaged weights after a step, and their success rate in rollouts; None without rollouts."""

    step: int
    score: float | None
    weights: Tensors


class TrainingLoop:
    """The state of one training: network, averaged weights, optimiser and step.

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
        """False in the middle of an update, when the state must not be saved."""
        self.best: ScoredWeights | None = None

    def update(self) -> Tensor:
        """Do one update; its loss, a scalar that is still on the device."""
        recipe, step, network = self.recipe, self.step, self.network
        network.train()
        set_rate(self.optimiser, one_cycle(step, recipe.steps, recipe.peak_rate))
        with flush_denormals():
            loss = self._loss()
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
            mean_loss = self.processes.average(self.parameters.values(), loss.detach())
            self.is_whole = False
            self.optimiser.step()
            average(self.mean, self.parameters, step, recipe.ema)
            self.step += 1
            self.is_whole = True
        return mean_loss

    def _loss(self) -> Tensor:
        """The loss, a scalar, of this process's part of the batch."""
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
            dropout = recipe.proprioception_dropout
            x, aux_loss = network.encode_with_loss(batch, marks, noise, dropout)
            return network.head.loss(x, actions, mask, noise) + recipe.aux_grasp * aux_loss

    def _draw(self, random: np.random.Generator) -> NDArray[np.int64]:
        """Indices of this process's windows; the whole batch is the same for any `count`."""
        whole = np.searchsorted(self._cumulative, random.random(self.batch), side="right")
        return self.processes.part(whole, self.network.head.opinions)

    def state(self) -> tuple[Tensors, dict[str, Any]]:
        """All that resuming needs, as tensors by name and JSON."""
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
        """Replace the saved state at `path`; `saved_extra` reads `extra` from it."""
        tensors, state = self.state()
        write_tensors(path, tensors, {STATE: {**state, "extra": extra}})

    def restore(self, path: Path) -> None:
        """Load a saved state; PolicyError where it does not fit."""
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
    """The `extra` given to `save`; PolicyError where the file is damaged or no saved state."""
    _, metadata = read_tensors(path)
    try:
        extra: dict[str, Any] = metadata[STATE]["extra"]
    except (KeyError, TypeError, ValueError) as error:
        raise PolicyError(f"{path}: not a state of a training ({error!r}); remove it") from None
    return extra


@contextmanager
def flush_denormals() -> Iterator[None]:
    """Flush denormal numbers to zero, into which fading gradients and moments turn.

    Computing with them takes ten times as long on common CPUs.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def better(new: ScoredWeights, old: ScoredWeights | None) -> ScoredWeights:
    """The weights with the higher score; `new` if the scores are equal or one is unknown."""
    if old is None or old.score is None or new.score is None:
        return new
    return new if new.score >= old.score else old


def run(
    loop: TrainingLoop, stops: set[int], at_stop: Callable[[], None], each: Callable[[Tensor], None]
) -> None:
    """Update to the last step; call `each` with every loss and `at_stop` once after `stops`."""
    while True:
        if loop.step in stops and loop.step > loop.tried:
            at_stop()
            loop.tried = loop.step
        if loop.step >= loop.recipe.steps:
            return
        each(loop.update())


def _under(prefix: str, tensors: Tensors) -> Tensors:
    lead = prefix + "."
    return {name.removeprefix(lead): t for name, t in tensors.items() if name.startswith(lead)}
