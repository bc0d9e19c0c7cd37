"""`BrowserPads` are the gamepads that a browser reports, in place of those that SDL finds here.

The Gamepad API's standard mapping has the inputs of SDL's controllers in another order; deadzones,
ramps and triggers are those of every other pad.
"""

from collections.abc import Iterable, Mapping

from ...devices.controls import PAD_BUTTONS, PAD_STICKS, PAD_TRIGGERS
from ...devices.gamepads import FULL, Gamepad, Gamepads
from ...devices.sdl import pygame
from .input_message import PadMessage

BUTTONS = (
    "A", "B", "X", "Y", "LB", "RB", "LT", "RT", "BACK", "START", "L3", "R3",
    "D-pad up", "D-pad down", "D-pad left", "D-pad right", "GUIDE",
)  # fmt: skip
"""Names of the standard mapping's buttons, by their index (w3.org/TR/gamepad)."""
AXES: Mapping[int, int] = {
    code: place for place, code in enumerate(c for pair in PAD_STICKS.values() for c in pair)
}
"""Index of the standard mapping's axis, by SDL's code."""
TRIGGERS: Mapping[int, int] = {code: BUTTONS.index(name) for name, code in PAD_TRIGGERS.items()}
PLACES: Mapping[int, int] = {
    code: BUTTONS.index(name) for name, code in PAD_BUTTONS.items() if name in BUTTONS
}
FIRST_ID = 1_000_000
"""Instance ids of a browser's pads begin here."""


class BrowserPad:
    """A pad as SDL's controllers answer for one."""

    def __init__(self) -> None:
        self.state = PadMessage(0)
        self.rumbles: list[tuple[float, float, int]] = []
        """Strengths and ms that the browser has not been told."""

    def get_button(self, button: int) -> bool:
        """Whether a button is down."""
        return self._value(PLACES.get(button, -1)) > 0.5

    def get_axis(self, axis: int) -> int:
        """Where a stick or trigger is, in [-32767, 32767]."""
        if axis in TRIGGERS:
            value = self._value(TRIGGERS[axis])
        else:
            place, axes = AXES.get(axis, -1), self.state.axes
            value = axes[place] if 0 <= place < len(axes) else 0.0
        return round(max(-1.0, min(1.0, value)) * FULL)

    def rumble(self, low: float, high: float, duration: int) -> bool:
        """Have the browser shake the pad for some ms."""
        self.rumbles.append((low, high, duration))
        return True

    def _value(self, place: int) -> float:
        buttons = self.state.buttons
        return buttons[place] if 0 <= place < len(buttons) else 0.0


class BrowserPads(Gamepads):
    """The pads of the browser that drives; they come and go with its messages."""

    def __init__(self) -> None:
        self.pads: dict[int, Gamepad] = {}
        self.unmapped: dict[int, str] = {}
        self.strangers: dict[int, pygame.joystick.JoystickType] = {}
        self._devices: dict[int, BrowserPad] = {}

    def handle(self, event: pygame.event.Event) -> Gamepad | None:
        """SDL's events are not those of a browser's pads."""
        return None

    def report(
        self, pads: Iterable[PadMessage], pressed: Mapping[int, frozenset[int]]
    ) -> Gamepad | None:
        """Take in the pads of a message; returns one that is gone, if any is."""
        here = {FIRST_ID + pad.index: pad for pad in pads}
        gone = [self.pads.pop(number) for number in [*self.pads] if number not in here]
        for number, pad in here.items():
            device = self._devices.setdefault(number, BrowserPad())
            device.state = pad
            if number not in self.pads:
                self.pads[number] = Gamepad(number, pad.name[:60] or "gamepad", "browser", device)
            for place in pressed.get(pad.index, frozenset()):
                if 0 <= place < len(BUTTONS) and BUTTONS[place] in PAD_BUTTONS:
                    self.pads[number].pressed.add(BUTTONS[place])
        return gone[0] if gone else None

    def taken_rumbles(self) -> list[tuple[int, float, float, int]]:
        """Index of the pad, strengths and ms of what is to shake now."""
        found = []
        for number, device in self._devices.items():
            found += [(number - FIRST_ID, *rumble) for rumble in device.rumbles]
            device.rumbles.clear()
        return found
