"""KeyInput turns pygame events into the actions of a review window, by the user's bindings.

Each review window declares its actions in a KeyTable; they are bound like the operator's controls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from ..devices.bindings import Bindings, load
from ..devices.bindings_file import REVIEW
from ..devices.controls import (
    KEYBOARD,
    PAD,
    ControlReadings,
    ControlTable,
    RawInput,
    split,
)
from ..devices.gamepads import Gamepads
from ..devices.key_names import KEYS
from ..devices.keyboard import Keyboard
from ..devices.sdl import pygame
from .widgets import HelpPage

REPEAT_AFTER_MS, REPEAT_EVERY_MS = 250, 40


class ReviewAction(Enum):
    """An action of a review window; the value is its name in a bindings file."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[Any]) -> str:
        return name.lower().replace("_", "-")


ActionT = TypeVar("ActionT", bound=ReviewAction)


@dataclass(frozen=True)
class Key(Generic[ActionT]):
    """An action, and what it is bound to unless a bindings file says otherwise."""

    action: ActionT
    keyboard: str
    """Keys or chords as `devices.controls` names them, with a comma between; empty for none."""
    pad: str
    """The same of the pad, such as `A` or `RB + A`."""
    label: str
    """Its text in the help; empty leaves it out."""
    hint: str = ""
    """Its text in the foot line; empty leaves it out."""
    repeats: bool = False
    """Whether the action repeats while the key is held."""
    held: bool = False
    """Whether `sample` reads how far the control is pushed; a press alone does nothing."""


class KeyTable(Generic[ActionT]):
    """The actions of one review window."""

    def __init__(self, window: str, rows: Sequence[Key[ActionT]]) -> None:
        self.rows: Mapping[ActionT, Key[ActionT]] = {row.action: row for row in rows}
        self.controls: ControlTable[ActionT] = ControlTable(
            section=(REVIEW, window),
            words={row.action: row.label or row.action.value for row in rows},
            chords={
                PAD: {row.action: split(row.pad) for row in rows},
                KEYBOARD: {row.action: split(row.keyboard) for row in rows},
            },
        )


class KeyInput(Generic[ActionT]):
    """Turns events into actions, and held controls into readings, by the user's bindings."""

    def __init__(self, table: KeyTable[ActionT], pads: Gamepads) -> None:
        self.table, self.pads = table, pads
        self.bindings: Bindings[ActionT] = load(table.controls)
        self.on_pad = False
        """Whether the last press came from a pad; hints name its buttons then."""
        self._keyboard = Keyboard(self.bindings.inputs(KEYBOARD))
        pygame.key.set_repeat(REPEAT_AFTER_MS, REPEAT_EVERY_MS)

    def handle(self, event: pygame.event.Event) -> list[ActionT]:
        """The actions that an event asks for; held keys repeat only where `Key.repeats`."""
        self.pads.handle(event)
        held = self._keyboard.read().values
        if name := self._keyboard.handle(event):
            self.on_pad = False
            found = self.bindings.read(KEYBOARD, RawInput({**held, name: 1.0}, frozenset({name})))
            again = name in held
            return [d for d in self._pressed(found) if not again or self.table.rows[d].repeats]
        if event.type == pygame.CONTROLLERBUTTONDOWN and event.instance_id in self.pads.pads:
            return self._pad_presses(self.pads.pads[event.instance_id].read())
        if event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWMINIMIZED):
            self._keyboard.release()
        return []

    def sample(self, elapsed_s: float) -> tuple[ControlReadings[ActionT], list[ActionT]]:
        """What is held on any device, and what triggers ask for; call it once a frame."""
        inputs = self.pads.read(elapsed_s).values()
        presses = [action for raw in inputs for action in self._pad_presses(raw)]
        readings = [self.bindings.read(PAD, raw) for raw in inputs]
        readings.append(self.bindings.read(KEYBOARD, self._keyboard.read()))
        values: dict[ActionT, float] = {}
        for reading in readings:
            for action, value in reading.values.items():
                values[action] = max(value, values.get(action, 0.0))
        return ControlReadings(values), presses

    def help_page(self) -> HelpPage:
        """The help, with what every key and button does."""
        words = self.bindings.label
        rows = [
            (words(KEYBOARD, action, ", "), words(PAD, action, ", "), row.label)
            for action, row in self.table.rows.items()
            if row.label
        ]
        columns = {KEYBOARD: 0.0, PAD: 0.2, "does": 0.55}
        return HelpPage("Keys", "any key closes", columns, rows)

    def hints(self) -> tuple[tuple[str, str], ...]:
        """Keys and their meanings for the foot line, of the device that was pressed last."""
        return tuple(
            (key, row.hint)
            for action, row in self.table.rows.items()
            if row.hint and (key := self.name_of(action))
        )

    def name_of(self, action: ActionT) -> str:
        """The key or button to press for an action; empty where there is none."""
        return self.bindings.first(PAD if self.on_pad else KEYBOARD, action)

    def _pad_presses(self, raw: RawInput) -> list[ActionT]:
        self.on_pad = self.on_pad or bool(raw.pressed)
        return self._pressed(self.bindings.read(PAD, raw))

    def _pressed(self, reading: ControlReadings[ActionT]) -> list[ActionT]:
        """The pressed actions, in the order of the table."""
        return [d for d, row in self.table.rows.items() if d in reading.pressed and not row.held]


def press(name: str) -> None:
    """Press and release a key, as the simulated reviewer does."""
    for kind in (pygame.KEYDOWN, pygame.KEYUP):
        pygame.event.post(pygame.event.Event(kind, key=KEYS[name], mod=0, unicode=""))


def write(text: str) -> None:
    """Type a text, as the simulated reviewer does."""
    pygame.event.post(pygame.event.Event(pygame.TEXTINPUT, text=text))
