"""The grader's fingers: key and button presses one by one, in the order they came."""

from typing import Generic

from ..devices.inputs import KEYS
from ..devices.pads import BUTTON_NAMES, Pads
from ..devices.sdl import pygame
from .keys import Deed, Key, KeyTable

REPEAT_AFTER_MS, REPEAT_EVERY_MS = 250, 40
_NAMES = {code: name for name, code in KEYS.items()}


class Fingers(Generic[Deed]):
    """Turns events into deeds, and sticks and triggers into a push."""

    def __init__(self, table: KeyTable[Deed], pads: Pads) -> None:
        self.table, self.pads = table, pads
        self.on_pad = False
        """Whether the last press came from a pad: its names are shown then."""
        self._down: set[str] = set()
        pygame.key.set_repeat(REPEAT_AFTER_MS, REPEAT_EVERY_MS)

    def hear(self, event: pygame.event.Event) -> Deed | None:
        """What an event asks for; held keys repeat only where that is wanted."""
        self.pads.handle(event)
        key: Key[Deed] | None = None
        again = False
        if event.type == pygame.KEYUP:
            self._down.discard(_NAMES.get(event.key, ""))
        elif event.type == pygame.KEYDOWN:
            name = _NAMES.get(event.key, "")
            again, self.on_pad = name in self._down, False
            self._down.add(name)
            key = self.table.of_key(name)
        elif event.type == pygame.CONTROLLERBUTTONDOWN and event.button in BUTTON_NAMES:
            self.on_pad = True
            key = self.table.of_button(BUTTON_NAMES[event.button], self._held(event.instance_id))
        elif event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWMINIMIZED):
            self._down.clear()
        return None if key is None or (again and not key.repeats) else key.deed

    def push(self) -> tuple[float, float]:
        """Right and down in [-1, 1], of the stick that is pushed farthest."""
        pushes = [(0.0, 0.0)]
        for touch in self.pads.touches().values():
            value = touch.values.get
            x = value("left stick right", 0.0) - value("left stick left", 0.0)
            y = value("left stick down", 0.0) - value("left stick up", 0.0)
            pushes.append((x, y))
        return max(pushes, key=lambda push: abs(push[0]) + abs(push[1]))

    def scrub(self) -> float:
        """Forward less backward in [-1, 1], from the triggers."""
        touches = self.pads.touches().values()
        pulls = [t.values.get("RT", 0.0) - t.values.get("LT", 0.0) for t in touches]
        return max(pulls, key=abs, default=0.0)

    def _held(self, instance: int) -> set[str]:
        pad = self.pads.pads.get(instance)
        if pad is None:
            return set()
        return {name for name, code in _buttons() if pad.device.get_button(code)}


def _buttons() -> list[tuple[str, int]]:
    return [(name, code) for code, name in BUTTON_NAMES.items()]


def press(name: str) -> None:
    """Press and let go of a key, as a simulated grader does."""
    for kind in (pygame.KEYDOWN, pygame.KEYUP):
        pygame.event.post(pygame.event.Event(kind, key=KEYS[name], mod=0, unicode=""))


def write(text: str) -> None:
    """Type a text, as a simulated grader does."""
    pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=text))
