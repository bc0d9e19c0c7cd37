"""`Keyboard` follows the window's key events; `Ramp` turns held keys into stick-like motion.

`OperatorInput` uses both: it maps the keyboard's raw input by the bindings, then ramps it.
"""

import time
from collections.abc import Callable, Container, Iterable

from .controls import DRIVING, KEYBOARD, Control, ControlReadings, RawInput
from .key_names import key_name
from .sdl import pygame
from .stick_motion import disc, ramped

RAMPED = (
    (Control.RIGHT, Control.LEFT, Control.AWAY, Control.NEAR),
    (Control.TURN_RIGHT, Control.TURN_LEFT, Control.UP, Control.DOWN),
    (Control.ROLL_RIGHT, Control.ROLL_LEFT, Control.PITCH_UP, Control.PITCH_DOWN),
)
"""Groups of four controls that act as a stick: right, left, up, down."""


DRIVING_KEYS = frozenset(
    name for chords in DRIVING.chords[KEYBOARD].values() for chord in chords for name in chord
)
"""Keys that the operator's window uses without a bindings file."""


class Keyboard:
    """The keys that are held and were pressed, by the window's events."""

    def __init__(self, bound: Container[str] = DRIVING_KEYS) -> None:
        """`bound` are the names of the keys that mean something, see `key_name`."""
        self._bound = bound
        self._down: dict[int, str] = {}  # by place: the layout may change while a key is held
        self._pressed: set[str] = set()

    def handle(self, event: pygame.event.Event) -> str:
        """Take in an event; the name of the key that it presses or repeats, else empty."""
        if event.type not in (pygame.KEYDOWN, pygame.KEYUP):
            return ""
        scan_code = getattr(event, "scancode", 0)
        place = scan_code or event.key
        if event.type == pygame.KEYUP:
            self._down.pop(place, None)
            return ""
        name = self._down.get(place) or key_name(event.key, scan_code, self._bound)
        if name and place not in self._down:
            self._down[place] = name
            self._pressed.add(name)
        return name

    def report(self, held: Iterable[str], pressed: Iterable[str]) -> None:
        """Take the names of the keys that are held, and were pressed, from another machine."""
        self._down = dict(enumerate(held))
        self._pressed.update(pressed)

    def release(self) -> None:
        """Count all keys as up: after a loss of focus their release is not reported."""
        self._down.clear()
        self._pressed.clear()

    def read(self) -> RawInput:
        """The keys held now, and those pressed since the last call."""
        pressed, self._pressed = frozenset(self._pressed), set()
        return RawInput(dict.fromkeys({*self._down.values()} | pressed, 1.0), pressed)


class Ramp:
    """Lets the motion of held keys grow as a stick's would, from nothing to full."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = clock()
        self._speed: dict[Control, float] = {}

    def __call__(self, reading: ControlReadings[Control]) -> ControlReadings[Control]:
        """The reading with ramped motion; call it once for every reading."""
        now = self._clock()
        elapsed, self._last = now - self._last, now
        values = dict(reading.values)
        for right, left, up, down in RAMPED:
            for control in (right, left, up, down):
                grown = ramped(self._speed.get(control, 0.0), reading.held(control), elapsed)
                self._speed[control] = grown
            x, y = disc(self._speed[right] - self._speed[left], self._speed[up] - self._speed[down])
            values.update(_halves(right, left, x) | _halves(up, down, y))
        return ControlReadings({c: v for c, v in values.items() if v}, reading.pressed)


def _halves(plus: Control, minus: Control, value: float) -> dict[Control, float]:
    """An axis value in [-1, 1] as its two directions."""
    return {plus: max(0.0, value), minus: max(0.0, -value)}
