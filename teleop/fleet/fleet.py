"""A `Fleet` is K arms and one operator under one clock; headless, that clock is simulated time.

`headless.run_fleet` makes one of worlds, benchmarks make one of recorded traces; the window has its
own clock and uses the same arms.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from .operator_model import FleetOperator, ServedArm
from .shift import Shift


class FleetArm(ServedArm, Protocol):
    """What the fleet needs of an arm."""

    def step(self, late_ms: float = 0.0) -> None:
        """One control tick: drive, wait, or be reset."""


class Fleet:
    """One tick of it is one control tick of every arm that does not wait."""

    def __init__(self, arms: Sequence[FleetArm], operator: FleetOperator, shift: Shift) -> None:
        self.arms, self.operator, self.shift = arms, operator, shift
        self.now = 0
        """Ticks since the shift began."""

    def tick(self) -> None:
        """Let the operator spend a tick, then all arms."""
        self.operator.update(self.now, self.arms)
        for arm in self.arms:
            arm.step()
        self.shift.spend(self.operator.doing)
        self.now += 1

    def run(self, ticks: int, on_tick: Callable[["Fleet"], object] = lambda _: None) -> Shift:
        """Run a whole shift; `on_tick` is called after every tick."""
        for _ in range(ticks):
            self.tick()
            on_tick(self)
        return self.shift
