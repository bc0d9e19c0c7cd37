"""`PictureSize` is the option --size of windows and videos, and `parse_size` reads it."""

import re
from typing import Annotated, TypeAlias

from tyro.conf import arg

from ...sim_envs.errors import BadValue

SMALLEST, LARGEST = 16, 4096
PictureSize: TypeAlias = Annotated[str, arg(metavar="WIDTHxHEIGHT")]
"""Width and height in pixels, such as 640x480."""


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Width and height, pixels; None for none. BadValue for what is no such text."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text, re.ASCII)
    if match is None or not all(SMALLEST <= int(n) <= LARGEST for n in match.groups()):
        raise BadValue("--size", f"WIDTHxHEIGHT from {SMALLEST} to {LARGEST}, like 640x480", text)
    return int(match[1]), int(match[2])
