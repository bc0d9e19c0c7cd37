"""This module finds the files of a LeRobot dataset by its templates, and below its folder alone.

A template of a stranger may climb out of the folder, or ask for a number of a million digits.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Any

from ....sim_envs.errors import FormatError
from ...files.decoding import parsed_json
from ...files.plain_file import read_plain

LONGEST = 300
"""Longest template, characters; LeRobot's have 60."""
LARGEST = 10**9
WIDTH = re.compile(r"(?:0?[1-9])?d?")
"""Formats that a number may have: `03d` and the like, at most nine digits."""
MOST_JSON = 200 * 2**20
"""Largest file in meta/ that is read, bytes."""


def path_in(root: Path, template: object, **place: int | str) -> Path:
    """The file of a template such as LeRobot's `data_path`; FormatError for anything else.

    Only the fields in `place` may stand in it, and what it names lies below `root`.
    """
    if not isinstance(template, str) or len(template) > LONGEST:
        raise FormatError(f"a path: expected a template, got {str(template)[:60]!r}")
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise FormatError(f"{template!r} is no template of a path: {error}") from None
    text = ""
    for literal, name, form, conversion in parts:
        text += literal
        if name is not None:
            text += _field(template, place, name, form or "", conversion)
    return below(root, text)


def below(root: Path, name: str) -> Path:
    """A file below a folder; FormatError where the name, or a link, leads out of it."""
    try:
        path = root / name
        inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError) as error:
        raise FormatError(f"{name!r}: {error}") from error
    if not inside:
        raise FormatError(f"{name!r} lies outside of the dataset's folder")
    if path.exists() and not path.is_file():
        raise FormatError(f"{name!r} is no plain file")
    return path


def read_json(root: Path, name: str) -> dict[str, Any]:
    """Read one of the files in meta/; FormatError when it is no JSON object."""
    path = below(root, name)
    try:
        found = parsed_json(read_plain(path, MOST_JSON, links=True), name, MOST_JSON)
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise FormatError(f"{path}: expected a JSON object")
    return found


def _field(
    template: str, place: Mapping[str, int | str], name: str, form: str, conversion: str | None
) -> str:
    """The text of one field of a template."""
    value = place.get(name)
    allowed = form == "" if isinstance(value, str) else WIDTH.fullmatch(form) is not None
    if value is None or conversion or not allowed:
        raise FormatError(
            f"{template!r}: expected the fields {sorted(place)}, numbers of at most 9 digits"
        )
    if isinstance(value, int) and not 0 <= value <= LARGEST:
        raise FormatError(f"{name}: expected 0 to {LARGEST}, got {value}")
    return format(value, form)
