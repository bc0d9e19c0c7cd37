"""The families of hostile inputs: their makers, and the verbs that read what they spoil."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tests.hostile import databases, entries, episodes, foreign, minari, policies, settings
from tests.hostile.place import Maker, Place
from tests.hostile.verbs import EPISODE_READERS, POLICY_READERS, READERS

Makers = Iterable[tuple[str, Maker]]
WRITERS = ("repair", "drive", "train", "merge")


@dataclass(frozen=True)
class Family:
    """Inputs of one kind."""

    makers: Callable[[Place], Makers]
    """Given a sound place; by name."""
    verbs: tuple[str, ...]
    every: int = 1
    """Only one input in so many is tried on each run of the table, see `chosen`."""
    each: int = 1
    """Verbs that each of them is tried on; the next input gets the next ones."""

    def chosen(self, base: Place, start: int = 0) -> Iterator[tuple[str, Maker, tuple[str, ...]]]:
        """The inputs of one run of the table, with the verbs to try each on."""
        for number, (name, make) in enumerate(self.makers(base)):
            if number % self.every == start % self.every:
                first = number // self.every
                step = max(1, len(self.verbs) // self.each)
                places = (first + step * turn for turn in range(self.each))
                verbs = (self.verbs[place % len(self.verbs)] for place in places)
                yield name, make, tuple(dict.fromkeys(verbs))


def _of_staging(base: Place) -> Iterator[tuple[str, Maker]]:
    """What the learner finds of a candidate that was begun, or of its decisions."""
    for name, make in (*policies.document_makers(base), *entries.folder_makers()):
        if name.startswith(("plan.json", "gate.json of", "metrics", "policies/staging", "journal")):
            yield name, make


FAMILIES: dict[str, Family] = {
    "workspace.toml": Family(
        lambda _: settings.workspace_makers(),
        ("check", "report", "train", "drive", "merge", "import ours"),
    ),
    "entries": Family(
        lambda _: entries.file_makers(),
        ("check", "report", "policies", "ladder", "inspect", *WRITERS),
        every=2,
    ),
    "folders": Family(lambda _: entries.folder_makers(), ("check", "report", "policies", *WRITERS)),
    "names": Family(
        lambda _: entries.name_makers(),
        (*READERS, "repair", "policies", "policies --json", "inspect --json"),
        each=2,
    ),
    "episodes": Family(lambda _: episodes.MAKERS.items(), EPISODE_READERS, each=2),
    "documents": Family(policies.document_makers, POLICY_READERS[:5], every=3),
    "staging": Family(_of_staging, ("learn",), every=2),
    "weights": Family(
        lambda _: policies.weight_makers(),
        ("policies", "ladder", "review predictions", "train", "drive shadow"),
    ),
    "cache": Family(lambda _: policies.cache_makers(), ("train",)),
    "database": Family(
        lambda _: databases.makers(), (*READERS, *WRITERS, "inspect --json", "policies"), each=2
    ),
    "robomimic, ours": Family(
        lambda _: foreign.robomimic_makers("ours.hdf5"), ("import ours",), every=2
    ),
    "robomimic, theirs": Family(
        lambda _: foreign.robomimic_makers("theirs.hdf5"), ("import theirs",), every=2
    ),
    "robomimic, note": Family(foreign.workspace_makers, ("import ours",)),
    "LeRobot, pictures": Family(
        lambda base: foreign.lerobot_makers(base, "png"), ("import png",), every=5
    ),
    "LeRobot, videos": Family(
        lambda base: foreign.lerobot_makers(base, "video"), ("import video",), every=7
    ),
    "Minari": Family(minari.makers, ("import minari",), every=5),
    "journals": Family(
        lambda _: settings.journal_makers(), ("repair", "drive", "check", "inspect"), every=2
    ),
    "bindings": Family(lambda _: settings.binding_makers(), ("pad",), every=2),
}
