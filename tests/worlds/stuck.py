"""A world that gets stuck in C, or takes all memory, for tests of what stops it."""

import ctypes
import itertools
from typing import Any

import numpy as np

from sidestick.sim_envs.worlds.gym_world import GymWorld
from tests.worlds.chase import AXES, Chase, ChaseWorld

FAULT_AT = 6
MIB = 2**20


class Stuck(Chase):
    """The dot, until step FAULT_AT of a first episode."""

    kept: list[Any]

    def step(self, action: Any) -> Any:
        """Go on, or never come back."""
        if not hasattr(self, "kept"):
            self.kept = []
        if self.steps + 1 >= FAULT_AT:
            self._go_wrong(self.fault)
        return super().step(action)

    def _go_wrong(self, fault: str) -> None:
        libc = ctypes.PyDLL(None)  # keeps Python's lock: no thread and no handler runs meanwhile
        if fault == "sleeps":
            libc.sleep(600)
        if fault == "spins":
            sum(itertools.repeat(0))
        if fault == "crashes":
            ctypes.string_at(0)
        if fault == "leaks":
            self.kept.append(np.ones(100 * MIB, np.uint8))
        while fault == "grows":
            self.kept.append(np.ones(20 * MIB, np.uint8))


def make(image_size: int = 32, fault: str = "", **options: Any) -> GymWorld:
    """The world; `tests.worlds.stuck:make`. Only its own time limit could stop it: it has none."""
    if fault == "never made":
        ctypes.PyDLL(None).sleep(600)
    given = {"axes": AXES, "deterministic": True, "patience_s": 500.0, **options}
    return ChaseWorld(Stuck(fault), image_size, **given)
