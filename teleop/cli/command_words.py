"""`options_of` lists a verb's options, and `split` takes the words of a command line apart by them.

What is given in a file and what is spelt as it was called earlier must be put beside what stands on
the command line, before it is parsed.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from tyro.conf import Positional

NUMBER = re.compile(r"-\d+(?:\.\d*)?(?:-\d+)?")
"""A word that begins with a dash and is none of an option: an episode's place, a range of them."""


@dataclass(frozen=True)
class Option:
    """An option of a verb, or one of its places."""

    name: str
    """As on the command line, without dashes; a place's is its field's."""
    field: str
    flag: bool = False
    """It takes no word; --no-NAME is its opposite."""
    many: bool = False
    """It takes all words up to the next option."""
    place: bool = False
    """It is told by its place, without a name."""


class Given(NamedTuple):
    """An option on a command line: its name without dashes, and its words."""

    name: str
    words: tuple[str, ...]
    joined: bool = False
    """It was given as --NAME=WORD."""
    spelt: str = ""
    """How its name was written, as --no-NAME or -q; empty for --NAME."""

    @property
    def on_the_line(self) -> list[str]:
        """The words as they are written."""
        name = self.spelt or f"--{self.name}"
        return [f"{name}={self.words[0]}"] if self.joined else [name, *self.words]


@functools.cache
def options_of(kind: type) -> Mapping[str, Option]:
    """The options of a verb by their names, with those of a class of options in it."""
    found: dict[str, Option] = {}
    hints = get_type_hints(kind, include_extras=True)
    for item in fields(kind):
        plain, notes = without_notes(hints[item.name])
        if is_dataclass(plain) and isinstance(plain, type):
            found |= options_of(plain)
            continue
        option = _option(item.name, plain, notes)
        found[option.name] = option
    return found


def split(words: Sequence[str], options: Mapping[str, Option]) -> tuple[list[str], list[Given]]:
    """The words in places, and the options with their words, in their order."""
    places: list[str] = []
    given: list[Given] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if _is_value(word):
            places.append(word)
            continue
        name, joined, value = word.lstrip("-").partition("=")
        if joined:
            given.append(Given(name, (value,), joined=True, spelt=word.partition("=")[0]))
            continue
        option = options.get(name.replace("_", "-"))
        taken: list[str] = []
        most = 0 if option is None or option.flag else None if option.many else 1
        while rest and (most is None or len(taken) < most) and _is_value(rest[0]):
            taken.append(rest.pop(0))
        given.append(Given(name, tuple(taken), spelt=word))
    return places, given


def _is_value(word: str) -> bool:
    return not word.startswith("-") or word == "-" or NUMBER.fullmatch(word) is not None


def _option(field: str, plain: Any, notes: Sequence[Any]) -> Option:
    place, kinds = Positional in notes, list(members_of(plain))
    named = next((n.name for n in notes if getattr(n, "metavar", None) and n.name), None)
    return Option(
        field if place else named or field.replace("_", "-"),
        field,
        flag=all(kind in (bool, type(None)) for kind in kinds),
        many=any(get_origin(kind) is tuple for kind in kinds),
        place=place,
    )


def without_notes(hint: Any) -> tuple[Any, list[Any]]:
    """A type without its annotations, and those."""
    notes: list[Any] = []
    while get_origin(hint) is Annotated:
        hint, *more = get_args(hint)
        notes += more
    return hint, notes


def members_of(hint: Any) -> Iterator[Any]:
    """The types of a union, each without annotations; of another type itself."""
    plain, _ = without_notes(hint)
    if get_origin(plain) in (Union, UnionType):
        for part in get_args(plain):
            yield from members_of(part)
    else:
        yield plain
