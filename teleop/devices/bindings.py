"""`Bindings` map buttons and keys to a window's controls, by default or by `bindings.toml`.

`load` and `parse` make them; windows `read` raw inputs through them, and the help asks for labels.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

import tomlkit
from tomlkit.items import Table

from ...sim_envs.errors import SidestickError
from .controls import (
    DRIVING,
    KEYBOARD,
    PAD,
    PAD_INPUTS,
    C,
    Chord,
    Control,
    ControlReadings,
    ControlTable,
    RawInput,
)
from .key_names import KEYS
from .settings import BadSettings, read_setting, shown_path

FILE_NAME = "bindings.toml"
INPUTS: Mapping[str, tuple[str, ...]] = {PAD: tuple(PAD_INPUTS), KEYBOARD: tuple(KEYS)}
REVIEW = "review"
REVIEW_WINDOWS = ("episodes", "predictions", "clicks")
"""The windows of `sidestick review`; each has tables [review.<window>.pad] and .keyboard."""
SHARED = (Control.SUCCESS, Control.FAILURE, Control.UNDO, Control.HELP, Control.QUIT)
"""Controls that mean the same, and have the same names, in every window."""
MARK = "line of this item"


class BadBinding(SidestickError):
    """A line of the bindings file cannot be used."""


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
    file = _BindingsFile(text, source)
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


class _BindingsFile:
    """The file's tables, and the line of each entry."""

    def __init__(self, text: str, source: str) -> None:
        self._text, self._source = text, source
        try:
            text.encode()
            self._tables: dict[str, Any] = tomllib.loads(text)
        except UnicodeEncodeError as error:
            line = text.count("\n", 0, error.start) + 1
            raise BadBinding(f"{source}:{line}: cannot be read: no UTF-8") from None
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadBinding(f"{source}: {error}") from None
        self._check((), (*INPUTS, REVIEW))
        self._check((REVIEW,), REVIEW_WINDOWS)
        for window in self._tables.get(REVIEW, {}):
            self._check((REVIEW, window), tuple(INPUTS))

    def _check(self, path: tuple[str, ...], known: tuple[str, ...]) -> None:
        """Raise BadBinding for what is no table, or one of an unknown name."""
        for name, value in self._at(path).items():
            if name not in known or not isinstance(value, dict):
                where, names = self._where(*path, name), ", ".join(known)
                raise BadBinding(f"{where}: {name!r} is no table here; known tables: {names}")

    def _at(self, path: tuple[str, ...]) -> dict[str, Any]:
        """A table, empty where the file has none."""
        table = self._tables
        for name in path:
            table = table.get(name, {})
        return table

    def entries(self, table: ControlTable[C], device: str) -> Iterator[tuple[C, tuple[Chord, ...]]]:
        """Yield control and chords of each line of one device in one window; raises BadBinding."""
        known = {control.value: control for control in table.words}
        taken: dict[Chord, str] = {}
        path = (*table.section, device)
        for key, value in self._at(path).items():
            where = self._where(*path, key)
            if key not in known:
                raise BadBinding(f"{where}: unknown control {key!r}; known: {', '.join(known)}")
            listed = value if isinstance(value, list) else [value]
            chords = tuple(_chord(where, device, item) for item in listed)
            if known[key] is table.needed and not chords:
                raise BadBinding(f"{where}: the {key} must be bound: without it nobody can drive")
            for chord in chords:
                if chord in taken:
                    clash = f"{' + '.join(chord)!r} is bound to {taken[chord]!r} too"
                    raise BadBinding(f"{where}: {clash}")
                taken[chord] = key
            yield known[key], chords

    def _where(self, *path: str) -> str:
        """File and line of an entry, found by marking it and searching the text for the mark."""
        document = tomlkit.parse(self._text)
        parent: Any = document
        for name in path[:-1]:
            parent = parent[name]
        last = path[-1]
        while isinstance(parent[last], Table) and parent[last].is_super_table():
            parent = parent[last]  # which has no line of its own
            last = next(iter(parent))
        if isinstance(parent[last], Table):
            parent[last].comment(MARK)
        else:
            parent[last] = MARK
        before, found, _ = tomlkit.dumps(document).partition(MARK)
        return f"{self._source}:{before.count(chr(10)) + 1 if found else 1}"


def _chord(where: str, device: str, item: object) -> Chord:
    if not isinstance(item, str):
        raise BadBinding(f'{where}: expected text such as "RB + A", got {item!r}')
    names = {name.lower(): name for name in INPUTS[device]}
    chord = tuple(part.strip() for part in item.split(" + "))
    for name in chord:
        if name.lower() not in names:
            shown = ", ".join(INPUTS[device][:60])
            raise BadBinding(f"{where}: unknown {device} input {name!r}; known: {shown}")
    return tuple(names[name.lower()] for name in chord)


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
