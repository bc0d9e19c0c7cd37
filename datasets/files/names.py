"""`episode_name` checks the id of an episode: an id names files, so it must never be a path.

Every summary is checked when it is made, whatever it was made of: a recording, a journal, a file,
another tool's dataset. The recorder checks the name that it is given before it makes a journal.
"""

import re

from ...sim_envs.errors import BadValue

MOST = 100
"""Longest id, characters: with the endings that are added it fits into every file system."""
ALLOWED = (
    f"1 to {MOST} letters, digits, '.', '-' or '_', the first and last no '.' or '-', "
    "and no name of a device"
)
DEVICE = r"(?i:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)"
"""Names that mean a device on Windows, with any ending (Microsoft, "Naming files")."""
PATTERN = rf"^(?![.-])(?!{DEVICE})[A-Za-z0-9._-]{{1,{MOST}}}(?<![.-])\Z"
"""Of an id, as a regular expression."""
_NAME = re.compile(PATTERN)


def episode_name(name: object) -> str:
    """The id of an episode; BadValue for one that is no plain name of a file everywhere."""
    if not isinstance(name, str) or not _NAME.search(name):
        raise BadValue("id of an episode", ALLOWED, shown(name))
    return name


def shown(value: object, most: int = 60) -> str:
    """A stranger's value for a message: quoted, without control characters, cut off."""
    text = ascii(value)
    return text if len(text) <= most else f"{text[:most]}..."
