"""Keeps a hand off the arm until it is known to mean it: after focus loss, replug and stalls."""

from collections.abc import Hashable, Mapping
from dataclasses import replace

from .controls import UNTOUCHED, Control, ControlReadings, is_neutral

DEAF_S = 0.2
"""After a refocus stale button presses arrive for about this long."""


class InputLock:
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

    def filter(
        self, readings: Mapping[Hashable, ControlReadings[Control]], now: float
    ) -> dict[Hashable, ControlReadings[Control]]:
        """What may be heard; a device that is neutral is unlocked by this, from the next look on.

        Devices are new, and so locked, when they are seen for the first time.
        """
        self._open &= set(readings)
        self.waiting = False
        if now < self._deaf_until:
            return dict.fromkeys(readings, UNTOUCHED)
        heard: dict[Hashable, ControlReadings[Control]] = {}
        for source, reading in readings.items():
            if source in self._open:
                heard[source] = reading
                continue
            heard[source] = UNTOUCHED
            if is_neutral(reading):
                self._open.add(source)
                heard[source] = replace(reading, pressed=frozenset())
            else:
                self.waiting = True
        return heard


DISCARD_HOLD_S = 0.6
SCRUB_AFTER_S = 0.6
SCRUB_EVERY_S = 0.25


class HoldButton:
    """Fires once when it has been held long enough."""

    def __init__(self, hold_s: float = DISCARD_HOLD_S) -> None:
        self.hold_s = hold_s
        self.fraction = 0.0
        """How much of the time has passed, in [0, 1]."""
        self._since: float | None = None
        self._fired = False

    def update(self, held: bool, now: float) -> bool:
        """Look at the button; True on the one look at which it fires."""
        if not held:
            self._since, self._fired, self.fraction = None, False, 0.0
            return False
        if self._since is None:
            self._since = now
        self.fraction = 0.0 if self._fired else min(1.0, (now - self._since) / self.hold_s)
        if self.fraction < 1.0:
            return False
        self._fired, self.fraction = True, 0.0
        return True


class Repeat:
    """Fires again and again while a button stays down, beginning after a while."""

    def __init__(self, after_s: float = SCRUB_AFTER_S, every_s: float = SCRUB_EVERY_S) -> None:
        self.after_s, self.every_s = after_s, every_s
        self._next: float | None = None

    def update(self, held: bool, now: float) -> bool:
        """Look at the button; True whenever a repeat is due."""
        if not held:
            self._next = None
            return False
        if self._next is None:
            self._next = now + self.after_s
        if now < self._next:
            return False
        self._next = now + self.every_s
        return True
