"""These functions say which worlds the user allowed, and read a world's options from a command.

A workspace may come from anybody, and may name code: it runs where the user named it before, with
`--env` or `sidestick doctor`. The names are a file of the user's settings.
"""

import contextlib
from typing import Any

from ..datasets.files.decoding import parsed_json
from ..sim_envs.errors import BadValue
from ..sim_envs.worlds.naming import allow, allowed
from .devices.settings import BadSettings, read_setting, write_setting

WORLDS_FILE = "worlds.txt"
"""Names of allowed worlds, one a line."""


def allow_noted() -> None:
    """Allow the worlds of the user's settings, in this process and those that it starts.

    Settings that cannot be read allow none; what then needs one says so.
    """
    with contextlib.suppress(BadSettings):
        allow(line.strip() for line in read_setting(WORLDS_FILE).splitlines())


def note_allowed(name: str) -> None:
    """Allow a world that the user named, now and from now on."""
    if ":" not in name or name in allowed():
        return
    allow([name])
    write_setting(WORLDS_FILE, "".join(f"{one}\n" for one in allowed()))


def options_of(text: str) -> dict[str, Any]:
    """A world's options from JSON; BadValue where it is no object."""
    values = parsed_json(text, "--env-options") if text.strip() else {}
    if not isinstance(values, dict):
        raise BadValue("--env-options", 'a JSON object such as {"hz": 25}', text[:80])
    return values
