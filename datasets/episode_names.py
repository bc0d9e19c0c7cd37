"""`matched` finds episodes by what people type: an id or a part of it, a place, a range of places.

Places are Python indices: 0 is the first episode, -1 the last; demo_0 is the first as well, by its
name in the index.
"""

import re
from collections.abc import Sequence

from ..sim_envs.errors import AmbiguousName, UnknownName

PLACE = re.compile(r"(?:demo_|-)?\d{1,9}")
"""An episode's number in the list of all, or its name in the index."""
RANGE = re.compile(r"(\d{1,9})-(\d{1,9})")
"""The places from one to another, both included."""


def matched(name: str, names: Sequence[str], kind: str = "episode") -> str:
    """The episode that a name, a place or a part of a name means, among `names` by time.

    A prefix or suffix takes precedence over any other part. Raises UnknownName where nothing
    matches, AmbiguousName where several do.
    """
    if name in names:
        return name
    if PLACE.fullmatch(name):
        number = int(name.removeprefix("demo_"))
        if -len(names) <= number < len(names):
            return names[number]
        if number < 0:  # not a part of an id that happens to contain it
            raise UnknownName(kind, name, names)
    return matched_part(name, names, kind)


def matched_part(name: str, names: Sequence[str], kind: str = "episode") -> str:
    """The episode whose name has this part, or is it; without places."""
    if name in names:
        return name
    ends = [known for known in names if name and (known.startswith(name) or known.endswith(name))]
    found = ends if len(ends) == 1 else [known for known in names if name and name in known]
    if len(found) > 1:
        raise AmbiguousName(kind, name, found)
    if not found:
        raise UnknownName(kind, name, names)
    return found[0]


def matched_range(text: str, names: Sequence[str]) -> list[str] | None:
    """The episodes from one place to another; None for what is no range, or an end of a name.

    UnknownName where one of the two is no place of an episode, or the second lies before the first.
    """
    places = RANGE.fullmatch(text)
    if places is None or any(name.startswith(text) or name.endswith(text) for name in names):
        return None
    first, last = int(places[1]), int(places[2])
    if not first <= last < len(names):
        whole = f"0-{len(names) - 1}" if names else "none"
        raise UnknownName("range of episodes", text, [whole])
    return list(names[first : last + 1])
