"""Keys and buttons of the review windows: what each does, bound like the operator's controls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from ..devices.bindings import REVIEW, Bindings, load
from ..devices.controls import (
    KEY_NAMES,
    KEYBOARD,
    KEYS,
    PAD,
    ControlReadings,
    ControlTable,
    RawInput,
    split,
)
from ..devices.gamepads import Gamepads
from ..devices.keyboard import Keyboard
from ..devices.sdl import pygame
from .widgets import HelpPage

REPEAT_AFTER_MS, REPEAT_EVERY_MS = 250, 40


class ReviewAction(Enum):
    """One thing to do in a review window; the value is its name in a bindings file."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[Any]) -> str:
        return name.lower().replace("_", "-")


Deed = TypeVar("Deed", bound=ReviewAction)


@dataclass(frozen=True)
class Key(Generic[Deed]):
    """One thing to do, and what it is bound to unless a file says otherwise."""

    action: Deed
    keyboard: str
    """Keys or chords as `devices.raw_inputs` names them, with a comma between; empty for none."""
    pad: str
    """The same of the pad, such as `A` or `RB + A`."""
    label: str
    """As the help says it; empty leaves it out."""
    hint: str = ""
    """As the foot line says it; empty leaves it out."""
    repeats: bool = False
    """Done again and again while the key is held."""
    held: bool = False
    """Read as far as it is pushed, as long as it is; a press alone does nothing."""


class KeyTable(Generic[Deed]):
    """What can be done in one review window."""

    def __init__(self, window: str, rows: Sequence[Key[Deed]]) -> None:
        self.rows: Mapping[Deed, Key[Deed]] = {row.action: row for row in rows}
        self.controls: ControlTable[Deed] = ControlTable(
            section=(REVIEW, window),
            words={row.action: row.label or row.action.value for row in rows},
            chords={
                PAD: {row.action: split(row.pad) for row in rows},
                KEYBOARD: {row.action: split(row.keyboard) for row in rows},
            },
        )


class KeyInput(Generic[Deed]):
    """Turns events into presses, and what is held into a reading, by the person's bindings."""

    def __init__(self, table: KeyTable[Deed], pads: Gamepads) -> None:
        self.table, self.pads = table, pads
        self.bindings: Bindings[Deed] = load(table.controls)
        self.on_pad = False
        """Whether the last press came from a pad: its names are shown then."""
        self._keyboard = Keyboard()
        pygame.key.set_repeat(REPEAT_AFTER_MS, REPEAT_EVERY_MS)

    def handle(self, event: pygame.event.Event) -> list[Deed]:
        """What an event asks for; held keys repeat only where that is wanted."""
        self.pads.handle(event)
        held = self._keyboard.read().values
        self._keyboard.handle(event)
        if event.type == pygame.KEYDOWN and event.key in KEY_NAMES:
            self.on_pad = False
            name = KEY_NAMES[event.key]
            found = self.bindings.read(KEYBOARD, RawInput({**held, name: 1.0}, frozenset({name})))
            again = name in held
            return [d for d in self._pressed(found) if not again or self.table.rows[d].repeats]
        if event.type == pygame.CONTROLLERBUTTONDOWN and event.instance_id in self.pads.pads:
            return self._pad_presses(self.pads.pads[event.instance_id].read())
        if event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWMINIMIZED):
            self._keyboard.release()
        return []

    def sample(self, elapsed_s: float) -> tuple[ControlReadings[Deed], list[Deed]]:
        """What is held now on any device, and what triggers ask for; call it once a frame."""
        touches = self.pads.read(elapsed_s).values()
        presses = [action for touch in touches for action in self._pad_presses(touch)]
        readings = [self.bindings.read(PAD, touch) for touch in touches]
        readings.append(self.bindings.read(KEYBOARD, self._keyboard.read()))
        values: dict[Deed, float] = {}
        for reading in readings:
            for action, value in reading.values.items():
                values[action] = max(value, values.get(action, 0.0))
        return ControlReadings(values), presses

    def help_page(self) -> HelpPage:
        """What every key and button does."""
        words = self.bindings.label
        rows = [
            (words(KEYBOARD, action, ", "), words(PAD, action, ", "), row.label)
            for action, row in self.table.rows.items()
            if row.label
        ]
        columns = {KEYBOARD: 0.0, PAD: 0.2, "does": 0.55}
        return HelpPage("Keys", "any key closes", columns, rows)

    def hints(self) -> tuple[tuple[str, str], ...]:
        """Key and what it does, for the foot line, of the device that was pressed last."""
        return tuple(
            (key, row.hint)
            for action, row in self.table.rows.items()
            if row.hint and (key := self.name_of(action))
        )

    def name_of(self, action: Deed) -> str:
        """The key or button to press for a deed; empty where there is none."""
        return self.bindings.first(PAD if self.on_pad else KEYBOARD, action)

    def _pad_presses(self, touch: RawInput) -> list[Deed]:
        self.on_pad = self.on_pad or bool(touch.pressed)
        return self._pressed(self.bindings.read(PAD, touch))

    def _pressed(self, reading: ControlReadings[Deed]) -> list[Deed]:
        """In the order of the table."""
        return [d for d, row in self.table.rows.items() if d in reading.pressed and not row.held]


def press(name: str) -> None:
    """Press and let go of a key, as a simulated grader does."""
    for kind in (pygame.KEYDOWN, pygame.KEYUP):
        pygame.event.post(pygame.event.Event(kind, key=KEYS[name], mod=0, unicode=""))


def write(text: str) -> None:
    """Type a text, as a simulated grader does."""
    pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=text))
