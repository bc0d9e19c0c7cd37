"""These functions name options that would have no effect, so that none is dropped without a word.

Who gives an option expects something of it. Where the result would be another than expected, the
command is refused; where only the look of a window is meant that does not open, it is said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from ...sim_envs.errors import BadValue
from .console import say

OF_THE_WINDOW = ("lesson", "sound", "voice", "view", "size", "clutch", "aids")
"""Options of `sidestick drive` about its window."""


def refuse_unused(options: Any, where: str, names: Iterable[str]) -> None:
    """Raise BadValue for the first of the named options that is not as it is by default."""
    for option, value in _given(options, names):
        raise BadValue(option, f"nothing {where}, where it has no effect", value)


def mention_unused(options: Any, where: str, names: Iterable[str]) -> None:
    """Say which of the named options are not as they are by default."""
    given = [option for option, _ in _given(options, names)]
    if given:
        say(f"{', '.join(given)}: no effect {where}")


def _given(options: Any, names: Iterable[str]) -> Iterator[tuple[str, object]]:
    """The named options, as on a command line, that differ from their defaults."""
    defaults = {f.name: f.default for f in fields(options)}
    for name in names:
        value = getattr(options, name)
        if value != defaults[name]:
            word = name.replace("_", "-")
            yield (f"--no-{word}" if value is False else f"--{word}"), value
