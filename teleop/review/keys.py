"""Which key does what in a grader's window: one table that hands, hints and help share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

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

    def help_rows(self) -> tuple[tuple[str, str, str], ...]:
        """Rows of pad, keyboard and meaning."""
        return tuple(
            (row.pad or "-", row.keyboard or "-", row.words) for row in self.rows if row.words
        )

    def hints(self, pad: bool) -> tuple[tuple[str, str], ...]:
        """Key and what it does, for the foot line."""
        shown = [(row.pad if pad else row.keyboard.split(", ")[0], row.hint) for row in self.rows]
        return tuple((key, hint) for key, hint in shown if key and hint)
