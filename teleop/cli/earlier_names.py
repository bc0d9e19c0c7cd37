"""`present_words` takes what was called otherwise in earlier releases, and says its present name.

The rule of the names stands in docs/verbs.md; a test goes over all verbs and holds it.
"""

from collections.abc import Callable, Mapping, Sequence

from ...datasets.files.plain_log import plain_log
from ...sim_envs.plug_ins import Group, is_plug_in
from .command_words import Given, Option, split

_log = plain_log(__name__)
RENAMED: Mapping[str, Mapping[str, str]] = {
    "doctor": {"steps": "episode-steps"},
    "episodes": {"name": "operator"},
    "evaluate": {"videos": "out"},
    "generate": {"count": "episodes"},
    "import": {"successful": "judge-successful"},
    "ladder": {"plot": "out"},
    "learn": {"pairs": "gate-pairs"},
    "pad": {"learn": "map"},
    "replay": {"video": "out"},
    "review": {"name": "operator", "grader": "driver"},
    "tasks": {"pictures": "out"},
    "train": {"policy": "head"},
    "view": {"save": "out"},
}
"""The present name of each option that had another, by verb."""
DRIVERS = ("person", "simulated", "clumsy")
"""What --operator meant before it was a person's name; so did each plug-in of devices."""
FORMATS = ("robomimic", "lerobot", "minari")
Said = Callable[[str, str], None]


def present_words(verb: str, options: Mapping[str, Option], words: Sequence[str]) -> list[str]:
    """The words of a command line with present names, in the present order; says what it changed.

    `options` are the verb's by their present names.
    """
    told: list[tuple[str, str]] = []

    def said(old: str, new: str) -> None:
        told.append((old, new))

    earlier = {old: options[new] for old, new in RENAMED.get(verb, {}).items()}
    if verb in ("merge", "pretrain"):
        old = "into" if verb == "merge" else "workspace"
        earlier[old] = Option(old, old)
    if verb == "drive":
        earlier["seeds"] = Option("seeds", "seeds")
    if "size" in options:  # it was two words for a window
        options = {**options, "size": Option("size", "size", many=verb in ("drive", "fleet"))}
    places, given = split(words, {**options, **earlier})
    options_now = [now for one in given if (now := _option(verb, one, options, said)) is not None]
    places = _places(verb, places, [one for one in options_now if one.name in PLACES], said)
    for old, new in told:
        _log.warning("sidestick %s: %s is %s now", verb, old, new)
    if not told:
        return list(words)
    rest = (one for one in options_now if one.name not in PLACES)
    return [*places, *(word for one in rest for word in one.on_the_line)]


PLACES = ("into", "workspace")
"""Options that are the first place now."""


def _option(verb: str, one: Given, options: Mapping[str, Option], said: Said) -> Given | None:
    """An option by its present name; None for one that is as it is unasked."""
    new = RENAMED.get(verb, {}).get(one.name.removeprefix("no-"))
    if new is not None:
        said(f"--{one.name}", f"--{new}")
        return one._replace(name=f"no-{new}" if one.name.startswith("no-") else new, spelt="")
    if one.name == "operator" and "driver" in options and _is_driver(one.words):
        said(f"--operator {one.words[0]}", f"--driver {one.words[0]}")
        return one._replace(name="driver", spelt="")
    if verb == "drive" and one.name == "seeds" and one.words in (("fresh",), ("failures",)):
        fresh = "fresh" if one.words == ("fresh",) else "no-fresh"
        said(f"--seeds {one.words[0]}", f"--{fresh}")
        return Given(fresh, ())
    if one.name == "size" and len(one.words) == 2:
        said(f"--size {' '.join(one.words)}", f"--size {'x'.join(one.words)}")
        return one._replace(words=("x".join(one.words),))
    return one


def _is_driver(words: Sequence[str]) -> bool:
    name = words[0] if words else ""
    return name in DRIVERS or is_plug_in(Group.DEVICES, name)


def _places(verb: str, places: list[str], first: Sequence[Given], said: Said) -> list[str]:
    """The words in places, in the present order: the workspace first."""
    for one in first:
        if one.words:
            said(f"--{one.name} {one.words[0]}", f"{one.words[0]} in the first place")
            places = [*one.words, *places]
    if verb in ("export", "import") and len(places) == 3:
        form, *both = places
        if form in FORMATS and both[0] not in FORMATS:
            workspace, path = both if verb == "export" else both[::-1]
            said(" ".join(places), f"{workspace} {form} {path}")
            return [workspace, form, path]
    return places
