"""`InputLock` ignores a device after focus loss, replug and stalls until it has been neutral.

`HoldButton` and `Repeat` time buttons that are held. `OperatorInput` passes all of them readings
and the time, s.
"""

from collections.abc import Hashable, Mapping
from dataclasses import replace

from .controls import MOTION, UNTOUCHED, Control, ControlReadings, is_neutral

IGNORE_AFTER_FOCUS_S = 0.2
"""Stale button presses arrive for about this long after a refocus."""

MOVING = frozenset({*MOTION, Control.CLUTCH, Control.HOME, Control.GRIPPER})
"""Controls that move something."""


class InputLock:
    """A set of devices, each of which counts as untouched until it has been neutral."""

    def __init__(self) -> None:
        self._unlocked: set[Hashable] = set()
        self.locks = 0
        """How often the devices have been locked."""
        self._buttons = False
        """Whether the buttons of a locked device count."""
        self._ignore_until = float("-inf")
        self.waiting_for: set[Hashable] = set()
        """The devices that are locked still because they are touched."""

    def lock_all(self, now: float) -> None:
        """Lock every device, and ignore all of them for IGNORE_AFTER_FOCUS_S."""
        self._unlocked.clear()
        self.locks += 1
        self._buttons = False
        self._ignore_until = now + IGNORE_AFTER_FOCUS_S

    def lock_motion(self) -> None:
        """Lock what moves the arm on every device; other buttons count, also those of meanwhile."""
        self._unlocked.clear()
        self.locks += 1
        self._buttons = True

    def filter(
        self, readings: Mapping[Hashable, ControlReadings[Control]], now: float
    ) -> dict[Hashable, ControlReadings[Control]]:
        """The readings by device, at rest for locked ones; new devices are locked.

        A neutral reading unlocks its device from the next call on.
        """
        self._unlocked &= set(readings)
        self.waiting_for.clear()
        if now < self._ignore_until:
            return dict.fromkeys(readings, UNTOUCHED)
        filtered: dict[Hashable, ControlReadings[Control]] = {}
        for source, reading in readings.items():
            if source in self._unlocked:
                filtered[source] = reading
                continue
            if neutral := is_neutral(reading):
                self._unlocked.add(source)
            else:
                self.waiting_for.add(source)
            if self._buttons:
                filtered[source] = at_rest(reading)
            else:
                filtered[source] = replace(reading, pressed=frozenset()) if neutral else UNTOUCHED
        return filtered


def at_rest(reading: ControlReadings[Control]) -> ControlReadings[Control]:
    """The reading without anything that drives: motion, clutch, home and gripper."""
    values = {control: value for control, value in reading.values.items() if control not in MOVING}
    return ControlReadings(values, reading.pressed - MOVING)


DISCARD_HOLD_S = 0.6
SCRUB_AFTER_S = 0.6
SCRUB_EVERY_S = 0.25


class HoldButton:
    """A button that fires once when it has been held long enough."""

    def __init__(self, hold_s: float = DISCARD_HOLD_S) -> None:
        self.hold_s = hold_s
        self.fraction = 0.0
        """Share of the hold time that has passed, in [0, 1]."""
        self._since: float | None = None
        self._fired = False

    def update(self, held: bool, now: float) -> bool:
        """Take in whether the button is held; return True on the one call on which it fires."""
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
    """A button that fires every `every_s` while it is held, from `after_s` on."""

    def __init__(self, after_s: float = SCRUB_AFTER_S, every_s: float = SCRUB_EVERY_S) -> None:
        self.after_s, self.every_s = after_s, every_s
        self._next: float | None = None

    def update(self, held: bool, now: float) -> bool:
        """Take in whether the button is held; return True whenever a repeat is due."""
        if not held:
            self._next = None
            return False
        if self._next is None:
            self._next = now + self.after_s
        if now < self._next:
            return False
        self._next = now + self.every_s
        return True
