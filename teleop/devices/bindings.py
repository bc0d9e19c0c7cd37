"""`Bindings` map buttons and keys to a window's controls, by default or by `bindings.toml`.

`load` and `parse` make them; windows `read` raw inputs through them, and the help asks for labels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Self

import tomlkit

from .bindings_file import INPUTS, BadBinding, BindingsFile
from .controls import (
    DRIVING,
    KEYBOARD,
    PAD,
    C,
    Chord,
    Control,
    ControlReadings,
    ControlTable,
    RawInput,
)
from .settings import BadSettings, read_setting, shown_path

FILE_NAME = "bindings.toml"
SHARED = (Control.SUCCESS, Control.FAILURE, Control.UNDO, Control.HELP, Control.QUIT)
"""Controls that mean the same, and have the same names, in every window."""


@dataclass(frozen=True)
class Bindings(Generic[C]):
    """The chords of every control of a window, for pad and keyboard."""

    table: ControlTable[C]
    chords: Mapping[str, Mapping[C, tuple[Chord, ...]]]
    """By device, then by control; a control without a chord cannot be reached there."""
    longer: Mapping[str, Mapping[str, tuple[Chord, ...]]] = field(init=False)
    """By device, then by input: the chords that end on it and hold something else."""

    def __post_init__(self) -> None:
        longer: dict[str, dict[str, tuple[Chord, ...]]] = {}
        for device, table in self.chords.items():
            longer[device] = {}
            for chord in (chord for chords in table.values() for chord in chords):
                if len(chord) > 1:
                    others = longer[device].get(chord[-1], ())
                    longer[device][chord[-1]] = (*others, chord)
        object.__setattr__(self, "longer", longer)

    def read(self, device: str, touch: RawInput) -> ControlReadings[C]:
        """The controls that a device's raw inputs amount to."""
        values: dict[C, float] = {}
        pressed = set()
        for control, chords in self.chords[device].items():
            for chord in chords:
                if not self._is_meant(device, chord, touch):
                    continue
                if value := touch.values.get(chord[-1], 0.0):
                    values[control] = max(value, values.get(control, 0.0))
                if chord[-1] in touch.pressed:
                    pressed.add(control)
        return ControlReadings(values, frozenset(pressed))

    def _is_meant(self, device: str, chord: Chord, touch: RawInput) -> bool:
        """Whether the chord is held, and no longer one that ends on the same input is."""
        if not _is_down(chord, touch):
            return False
        rivals = self.longer[device].get(chord[-1], ())
        return not any(len(r) > len(chord) and _is_down(r, touch) for r in rivals)

    def inputs(self, device: str) -> frozenset[str]:
        """The names of the device's inputs that mean something."""
        chords = (chord for ways in self.chords[device].values() for chord in ways)
        return frozenset(name for chord in chords for name in chord)

    def label(self, device: str, control: C, between: str = " or ") -> str:
        """The control's chords as text: `LB`, `RB + A`; a dash where it is not bound."""
        return between.join(" + ".join(c) for c in self.chords[device].get(control, ())) or "-"

    def first(self, device: str, control: C) -> str:
        """The control's first chord as text; empty where it is not bound."""
        return next((" + ".join(c) for c in self.chords[device].get(control, ())), "")

    def on_layout(self, symbols: Mapping[str, str]) -> Self:
        """The same, with each default key at its place on a keyboard that has `symbols` there.

        `symbols` are by the names of a keyboard of the USA. What the user has bound stays.
        """
        default, keys = self.table.chords[KEYBOARD], self.chords[KEYBOARD]
        own = {c: chords for c, chords in keys.items() if chords != default.get(c)}
        taken = {chord for chords in own.values() for chord in chords}
        moved = {
            control: tuple(tuple(symbols.get(name, name) for name in chord) for chord in chords)
            for control, chords in keys.items()
            if control not in own
        }
        kept = {c: tuple(x for x in chords if x not in taken) for c, chords in moved.items()}
        ordered = {control: own.get(control, kept.get(control, ())) for control in keys}
        return replace(self, chords={**self.chords, KEYBOARD: ordered})

    def to_toml(self) -> str:
        """The bindings as a part of a file that `parse` reads back."""
        document = tomlkit.document()
        holder: Any = document
        for name in self.table.section:
            holder.add(name, tomlkit.table(is_super_table=True))
            holder = holder[name]
        for device, table in self.chords.items():
            written = tomlkit.table()
            for control, words in self.table.words.items():
                chords = [" + ".join(chord) for chord in table.get(control, ())]
                item = tomlkit.item(chords[0] if len(chords) == 1 else chords)
                written.add(control.value, item.comment(words))
            holder.add(device, written)
        return tomlkit.dumps(document)


def defaults(table: ControlTable[C]) -> Bindings[C]:
    """A window's bindings without a file."""
    return Bindings(table, table.chords)


def load(table: ControlTable[C]) -> Bindings[C]:
    """The user's bindings in a window, or the defaults where there is no file."""
    try:
        text = read_setting(FILE_NAME)
    except BadSettings as error:
        raise BadBinding(str(error)) from error
    return parse(text, table, shown_path(FILE_NAME))


def parse(text: str, table: ControlTable[C], source: str = FILE_NAME) -> Bindings[C]:
    """A window's bindings by the text of a file.

    Raises BadBinding with the line, what it says and what exists. A control of SHARED that [pad]
    binds to another button has that button in the review windows too.
    """
    file = BindingsFile(text, source)
    chords = dict(table.chords)
    if table.section:
        changed = {
            control.value: ways
            for control, ways in file.entries(DRIVING, PAD)
            if control in SHARED and ways != DRIVING.chords[PAD][control]
        }
        shared = {c: changed[c.value] for c in table.words if c.value in changed}
        chords[PAD] = _merged(chords[PAD], shared)
    for device in INPUTS:
        chords[device] = _merged(chords[device], dict(file.entries(table, device)))
    return Bindings(table, chords)


def _merged(
    base: Mapping[C, tuple[Chord, ...]], own: Mapping[C, tuple[Chord, ...]]
) -> dict[C, tuple[Chord, ...]]:
    """Defaults with the user's bindings; a default loses an input that the user bound elsewhere."""
    taken = {chord for chords in own.values() for chord in chords}
    kept = {c: tuple(chord for chord in chords if chord not in taken) for c, chords in base.items()}
    return {**kept, **own}


def _is_down(chord: Chord, touch: RawInput) -> bool:
    """Whether everything before the last input is held."""
    return all(touch.values.get(name, 0.0) > 0.5 for name in chord[:-1])
