"""A `DrivenTrace` is what a policy showed in one episode that it drove alone, for `help_requests`.

`help_traces` makes and keeps them, `help_signals` judges them.
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

NONE = -1
"""Stands for a tick that never came."""
SIGNALS = ("novelty", "answered", "ee_m", "width_m", "closing", "spread")
"""The fields of a trace that have a row a tick, in the recorder's order."""


@dataclass(frozen=True)
class DrivenTrace:
    """What a policy showed in one episode of T ticks that it drove alone."""

    condition: str
    seed: int
    success: bool
    fault_tick: int
    """When the fault began; NONE without one."""
    lost_tick: int
    """When the item had fallen or another one was in the tote; NONE where it was not."""
    toppled_tick: int
    """When the item lay on its side outside of gripper and tote; NONE where it did not."""
    wrong_tick: int
    """When both fingers held another item; NONE where they did not."""
    novelty: NDArray[np.float64]
    """(T,) in [0, 1]."""
    answered: NDArray[np.bool_]
    """(T,)"""
    ee_m: NDArray[np.float64]
    """(T, 3)"""
    width_m: NDArray[np.float64]
    """(T,) distance between the fingers."""
    closing: NDArray[np.bool_]
    """(T,) whether the gripper's latch is to close."""
    spread: NDArray[np.float64]
    """(T,) mean standard deviation of the plan over the ensemble."""

    def __len__(self) -> int:
        return len(self.novelty)

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from others: condition and seed."""
        return self.condition, self.seed

    def save(self, path: Path) -> None:
        """Write an NPZ file."""
        np.savez_compressed(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an NPZ file."""
        with np.load(path, allow_pickle=False) as found:
            values: dict[str, Any] = {f.name: found[f.name] for f in fields(cls)}
        scalars = {key: value.item() for key, value in values.items() if value.ndim == 0}
        return cls(**{**values, **scalars})


def ended_early(trace: DrivenTrace) -> DrivenTrace:
    """The same episode in a task that ends, as a failure, as soon as one of ENDS is so."""
    ticks = [t for t in (trace.lost_tick, trace.toppled_tick, trace.wrong_tick) if t != NONE]
    if not ticks:
        return trace
    end = min(ticks) + 1
    cut: dict[str, Any] = {
        f.name: value[:end]
        for f in fields(trace)
        if isinstance(value := getattr(trace, f.name), np.ndarray)
    }
    return replace(trace, success=False, **cut)
