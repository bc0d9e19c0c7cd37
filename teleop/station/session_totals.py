"""`SessionTotals` counts what a sitting at the window has brought, for the operator to see."""

from ...datasets.step import Driver
from ...sim_envs.spaces import CONTROL_HZ
from ..session.subscriber import Tick

DRIVEN = (Driver.HUMAN, Driver.BLEND)


class SessionTotals:
    """Time and successes since the window opened; what was rewound or discarded is time too."""

    def __init__(self) -> None:
        self.successes = 0
        self._driven = self._recorded = 0

    def add(self, tick: Tick) -> None:
        """Count a recorded tick."""
        self._recorded += 1
        self._driven += tick.step.driver in DRIVEN

    def end(self, success: bool) -> None:
        """Count a saved episode."""
        self.successes += success

    def words(self) -> str:
        """Minutes driven of those recorded, successes a minute; empty before the first second."""
        minutes = self._recorded / CONTROL_HZ / 60
        if minutes < 1 / 60:
            return ""
        driven = self._driven / CONTROL_HZ / 60
        rate = f", {self.successes / minutes:.1f} solved/min" if self.successes else ""
        if minutes < 1:
            return f"drove {60 * driven:.0f} of {60 * minutes:.0f} s{rate}"
        return f"drove {driven:.1f} of {minutes:.1f} min{rate}"
