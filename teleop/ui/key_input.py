"""Which key does what in a grader's window: one table that hands, hints and help share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from ..devices.gamepads import BUTTON_NAMES, Pads
from ..devices.raw_inputs import KEYS
from ..devices.sdl import pygame
from .widgets import HelpPage

Deed = TypeVar("Deed", bound=Enum)
SHIFT = "RB"
"""Held on the pad, it gives every other button a second meaning."""


@dataclass(frozen=True)
class Key(Generic[Deed]):
    """One thing to do, and where it lies under the fingers."""

    deed: Deed
    keyboard: str
    """Names of keys as `devices.inputs` has them, with a comma between; empty for none."""
    pad: str
    """Name of a button, or `RB + ` and one; empty for none."""
    words: str
    """As the help says it; empty leaves it out."""
    hint: str = ""
    """As the foot line says it; empty leaves it out."""
    repeats: bool = False
    """Done again and again while the key is held."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keyboard's keys, one by one."""
        return tuple(self.keyboard.split(", ")) if self.keyboard else ()


class KeyTable(Generic[Deed]):
    """Looks keys and buttons up."""

    def __init__(self, rows: Sequence[Key[Deed]]) -> None:
        self.rows = tuple(rows)
        self._keys: Mapping[str, Key[Deed]] = {key: row for row in rows for key in row.keys}
        self._pad: Mapping[str, Key[Deed]] = {row.pad: row for row in rows if row.pad}

    def of_key(self, name: str) -> Key[Deed] | None:
        """What a key of the keyboard does."""
        return self._keys.get(name)

    def of_button(self, name: str, held: Collection[str]) -> Key[Deed] | None:
        """What a button of the pad does while others are held."""
        return self._pad.get(f"{SHIFT} + {name}" if SHIFT in held else name)

    def help_page(self) -> HelpPage:
        """What every key and button does."""
        rows = [(row.keyboard or "-", row.pad or "-", row.words) for row in self.rows if row.words]
        return HelpPage("Keys", "any key closes", {"keyboard": 0.0, "pad": 0.2, "does": 0.46}, rows)

    def hints(self, pad: bool) -> tuple[tuple[str, str], ...]:
        """Key and what it does, for the foot line."""
        shown = [(row.pad if pad else row.keyboard.split(", ")[0], row.hint) for row in self.rows]
        return tuple((key, hint) for key, hint in shown if key and hint)


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
