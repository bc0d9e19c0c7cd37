"""The ranges of the numbers that options take; `check_numbers` refuses others before a verb runs.

An option has one of the types below. A test goes through the options of every verb, so that a new
number cannot be without a range.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

from ...sim_envs.errors import BadValue

MOST = 1_000_000_000
"""Upper end of counts: more would be a slip of the finger."""
MOST_WORKERS = 256
MOST_ARMS = 64
MOST_MINUTES = 1440.0
LAST_SEED = 2**62
"""Upper end of first seeds: the next ones still fit into 64 bits."""


@dataclass(frozen=True)
class Range:
    """The numbers from `low` to `high`; with `open_ends` neither of the two."""

    low: float
    high: float
    """Infinite: as large as it likes, but finite."""
    open_ends: bool = False

    def __contains__(self, value: float) -> bool:
        inside = self.low < value < self.high if self.open_ends else self.low <= value <= self.high
        return inside and math.isfinite(value)

    def __str__(self) -> str:
        if self.open_ends:
            return f"above {self.low:g} and below {self.high:g}"
        upper = "finite" if math.isinf(self.high) else f"at most {self.high}"
        return f"at least {self.low:g} and {upper}"


Count: TypeAlias = Annotated[int, Range(1, MOST)]
"""How many of something, at least one."""
Limit: TypeAlias = Annotated[int, Range(0, MOST)]
"""How many at most; none is allowed."""
Seed: TypeAlias = Annotated[int, Range(0, LAST_SEED)]
"""The seed of a scene or of a training."""
Workers: TypeAlias = Annotated[int, Range(1, MOST_WORKERS)]
"""Processes at the same time."""
Arms: TypeAlias = Annotated[int, Range(1, MOST_ARMS)]
"""Arms of a fleet."""
Minutes: TypeAlias = Annotated[float, Range(0.0, MOST_MINUTES)]
"""The length of a shift, a day at most."""
Port: TypeAlias = Annotated[int, Range(0, 2**16 - 1)]
"""A port to listen on; 0 for any that is free."""
Share: TypeAlias = Annotated[float, Range(0.0, 1.0)]
"""A part of a whole, both ends included."""
ErrorRate: TypeAlias = Annotated[float, Range(0.0, 1.0, open_ends=True)]
"""The error rate of a test."""
Weight: TypeAlias = Annotated[float, Range(0.0, math.inf)]
"""A factor or a rate that is not negative."""


def check_numbers(options: object) -> None:
    """Raise BadValue with the option's name for the first number that is out of its range."""
    for name, kind in numbers(type(options)):
        value, limits = getattr(options, name), range_of(kind)
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None and limits is not None and each not in limits:
                raise BadValue(f"--{name.replace('_', '-')}", str(limits), each)


def numbers(options: type) -> Iterator[tuple[str, Any]]:
    """Name and type of each option that is a number, or may be one."""
    for name, kind in get_type_hints(options, include_extras=True).items():
        if any(plain in (int, float) for plain in _plain(kind)):
            yield name, kind


def range_of(kind: Any) -> Range | None:
    """The range of a number's type; None where it has none."""
    if get_origin(kind) is Annotated:
        first, *notes = get_args(kind)
        return next((note for note in notes if isinstance(note, Range)), None) or range_of(first)
    found = (range_of(part) for part in get_args(kind))
    return next((limits for limits in found if limits is not None), None)


def _plain(kind: Any) -> Iterator[Any]:
    """The types in an annotation or a union, without annotations."""
    if get_origin(kind) is Annotated:
        yield from _plain(get_args(kind)[0])
    elif get_args(kind):
        for part in get_args(kind):
            yield from _plain(part)
    else:
        yield kind
