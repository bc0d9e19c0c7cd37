"""A world that fails on some seeds, each in its way, for tests of what is driven all the same."""

import os
import time
from typing import Any

from sidestick.sim_envs.worlds.gym_world import GymWorld
from tests.worlds.chase import AXES, FAULT_AT, Chase, ChaseWorld

RAISES, NAN, HANGS, DIES = 1, 2, 3, 4
"""The last digit of seeds that go wrong."""


class Moody(Chase):
    """The dot; `fault` "always" fails on all seeds, "never made" cannot be made."""

    def __init__(self, fault: str = "") -> None:
        if fault == "never made":
            raise RuntimeError("no licence")
        super().__init__()
        self.mood = fault

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begin; seed 0 is that of a world that is only being looked at."""
        self.digit = (seed or 0) % 10
        if self.mood == "always" and seed:
            self.digit = RAISES
        self.fault = {RAISES: "raises", NAN: "nan"}.get(self.digit, "")
        return super().reset(seed=seed, options=options)

    def step(self, action: Any) -> Any:
        """Go on, or not."""
        if self.steps + 1 == FAULT_AT and self.digit == HANGS:
            time.sleep(600)
        if self.steps + 1 == FAULT_AT and self.digit == DIES:
            os._exit(3)
        return super().step(action)


def make(image_size: int = 24, fault: str = "", **options: Any) -> GymWorld:
    """The world; `tests.worlds.moody:make`."""
    given = {"axes": AXES, "deterministic": True, "max_steps": 20, "patience_s": 1.0, **options}
    return ChaseWorld(Moody(fault), image_size, **given)
