"""The keyboard, as far as the window hears it: held keys with a ramp instead of a stick."""

import time
from collections.abc import Callable

from .controls import KEY_NAMES, Control, ControlReadings, RawInput
from .sdl import pygame
from .stick_motion import disc, ramped

RAMPED = (
    (Control.RIGHT, Control.LEFT, Control.AWAY, Control.NEAR),
    (Control.TURN_RIGHT, Control.TURN_LEFT, Control.UP, Control.DOWN),
    (Control.ROLL_RIGHT, Control.ROLL_LEFT, Control.PITCH_UP, Control.PITCH_DOWN),
)
"""Pairs of axes, as sticks have them: right, left, up, down."""


class Keyboard:
    """Follows key events; forgets everything when the window loses the keys."""

    def __init__(self) -> None:
        self._down: set[str] = set()
        self._pressed: set[str] = set()

    def handle(self, event: pygame.event.Event) -> None:
        """Take note of a key that went down or up."""
        if event.type not in (pygame.KEYDOWN, pygame.KEYUP) or event.key not in KEY_NAMES:
            return
        name = KEY_NAMES[event.key]
        if event.type == pygame.KEYUP:
            self._down.discard(name)
        elif name not in self._down:
            self._down.add(name)
            self._pressed.add(name)

    def release(self) -> None:
        """Forget what is held: nobody will hear the keys go up."""
        self._down.clear()
        self._pressed.clear()

    def read(self) -> RawInput:
        """What is held, and what went down since the last call."""
        pressed, self._pressed = frozenset(self._pressed), set()
        return RawInput(dict.fromkeys(self._down | pressed, 1.0), pressed)


class Ramp:
    """Gives keys the speed that a stick would have had time to build up."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._last = clock()
        self._speed: dict[Control, float] = {}

    def __call__(self, reading: ControlReadings[Control]) -> ControlReadings[Control]:
        """The same reading, with motion that grows from nothing to full."""
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
    """One axis as its two directions."""
    return {plus: max(0.0, value), minus: max(0.0, -value)}
