"""Where the episodes of a workspace came from that were not recorded in it: a file, or another one.

Imports and merges note the origin of each episode before they write it.
"""

from collections.abc import Mapping
from pathlib import Path

from ..sim_envs.errors import AmbiguousName, UnknownName
from .database import Database, EventKind

ORIGIN = "origin"
"""Key of a payload that came from another place."""

ARRIVALS = (EventKind.MERGE, EventKind.IMPORT)


def origins_of(database: Database) -> dict[str, str]:
    """The origin of copied episodes, by episode; the last event counts."""
    origins: dict[str, str] = {}
    for event in database.events():
        if event.kind in ARRIVALS:
            origin = str(event.payload.get(ORIGIN))
            origins |= dict.fromkeys(map(str, event.payload.get("episodes", ())), origin)
    return origins


def came_from(origins: Mapping[str, str], name: str) -> set[str]:
    """The episodes of one origin: its path, or its last part where that is clear.

    UnknownName where none came from there, AmbiguousName where several places are called so.
    """
    known = sorted(set(origins.values()))
    whole = str(Path(name).absolute())
    found = [o for o in known if o in (name, whole)] or [o for o in known if Path(o).name == name]
    if not found:
        raise UnknownName("origin of episodes", name, known)
    if len(found) > 1:
        raise AmbiguousName("origin of episodes", name, found)
    return {episode for episode, origin in origins.items() if origin == found[0]}
