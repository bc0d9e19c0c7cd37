"""A `BindingsFile` is bindings.toml with its tables, types and names checked, for `bindings`."""

from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from ...datasets.files.decoding import parsed_toml
from ...datasets.files.names import shown
from ...sim_envs.errors import BadValue, SidestickError
from .controls import KEYBOARD, PAD, PAD_INPUTS, C, Chord, ControlTable
from .key_names import KEYS

INPUTS: Mapping[str, tuple[str, ...]] = {PAD: tuple(PAD_INPUTS), KEYBOARD: tuple(KEYS)}
REVIEW = "review"
REVIEW_WINDOWS = ("episodes", "predictions", "clicks")
"""The windows of `sidestick review`; each has tables [review.<window>.pad] and .keyboard."""
MARK = "line of this item"


class BadBinding(SidestickError):
    """A line of the bindings file cannot be used."""


class BindingsFile:
    """The file's tables, and the line of each entry; BadBinding where it holds anything else."""

    def __init__(self, text: str, source: str) -> None:
        self._text, self._source = text, source
        try:
            self._tables = parsed_toml(text.encode(), "bindings")
        except UnicodeEncodeError as error:
            line = text.count("\n", 0, error.start) + 1
            raise BadBinding(f"{source}:{line}: cannot be read: no UTF-8") from None
        except BadValue as error:
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
                raise BadBinding(f"{where}: {shown(name)} is no table here; known tables: {names}")

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
                raise BadBinding(
                    f"{where}: unknown control {shown(key)}; known: {', '.join(known)}"
                )
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
        """File and line of an entry; the file alone where another parser does not get so far."""
        try:
            return self._line(path)
        except (TOMLKitError, LookupError, TypeError, AttributeError, RecursionError):
            return f"{self._source}, {shown('.'.join(path))}"

    def _line(self, path: tuple[str, ...]) -> str:
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
        raise BadBinding(f'{where}: expected text such as "RB + A", got {shown(item)}')
    names = {name.lower(): name for name in INPUTS[device]}
    chord = tuple(part.strip() for part in item.split(" + "))
    for name in chord:
        if name.lower() not in names:
            known = ", ".join(INPUTS[device][:60])
            raise BadBinding(f"{where}: unknown {device} input {shown(name)}; known: {known}")
    return tuple(names[name.lower()] for name in chord)
