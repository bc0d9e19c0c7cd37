"""Keeps a hand off the arm until it is known to mean it: after focus loss, replug and stalls."""

from collections.abc import Hashable, Mapping
from dataclasses import replace

from .controls import UNTOUCHED, Reading

DEAF_S = 0.2
"""After a refocus stale button presses arrive for about this long."""


class Guard:
    """A locked device counts as untouched until it has been seen neutral."""

    def __init__(self) -> None:
        self._open: set[Hashable] = set()
        self._deaf_until = float("-inf")
        self.waiting = False
        """Whether somebody touches a device that is still locked."""

    def lock_all(self, now: float) -> None:
        """Lock every device, and hear nothing for a moment."""
        self._open.clear()
        self._deaf_until = now + DEAF_S

    def pass_on(self, readings: Mapping[Hashable, Reading], now: float) -> dict[Hashable, Reading]:
        """What may be heard; a device that is neutral is unlocked by this, from the next look on.

        Devices are new, and so locked, when they are seen for the first time.
        """
        self._open &= set(readings)
        self.waiting = False
        if now < self._deaf_until:
            return dict.fromkeys(readings, UNTOUCHED)
        heard: dict[Hashable, Reading] = {}
        for source, reading in readings.items():
            if source in self._open:
                heard[source] = reading
                continue
            heard[source] = UNTOUCHED
            if reading.neutral:
                self._open.add(source)
                heard[source] = replace(reading, pressed=frozenset())
            else:
                self.waiting = True
        return heard
