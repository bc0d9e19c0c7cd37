"""`GatePairs` keeps the seeds and the results of a candidate's ruling in the candidate's folder.

A ruling draws seeds that no ruling used before, and enters them into the database before anything
drives. Every pair is on the disk before the next is driven, so that a ruling that was killed goes
on. One that ended undecided can be given more pairs: the tests may go on at any time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Self

import msgspec

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.files.decoding import decoded
from ...datasets.files.plain_file import require_own_folder
from ...policies.base.json_files import read_json, write_json
from ...sim_envs.errors import BadValue, DamagedFile
from ..evaluation.seeds import GATE, gate_seeds
from .acceptance_gate import AcceptanceCriteria, GateTest

PAIRS = "gate_pairs.json"
"""Name of the file in a policy's folder."""
Ratio = Annotated[float, msgspec.Meta(ge=0, le=1)]
SeedNumber = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


@dataclass(frozen=True)
class GatePair:
    """The results of one seed."""

    seed: int
    candidate: bool
    """Whether the candidate solved it."""
    others: Mapping[str, bool]
    """The same of the opponents that drove it, by number."""


class _PairsDocument(msgspec.Struct):
    """What the file holds, in the types of `GatePairs`."""

    opponents: tuple[str, ...]
    margin: Ratio
    alpha: Ratio
    refusal_alpha: Ratio
    pairs: list[GatePair]
    first: SeedNumber = 0
    count: SeedNumber = 0


@dataclass
class GatePairs:
    """The pairs of one candidate against the same opponents, and the criteria they began with."""

    path: Path
    opponents: tuple[str, ...]
    """Numbers of the present policy, and of the reference where it is another one."""
    margin: float
    alpha: float
    refusal_alpha: float
    first: int = 0
    """First seed of the present ruling."""
    count: int = 0
    """Seeds of the present ruling, driven or not; 0 before any were drawn."""
    pairs: list[GatePair] = field(default_factory=list)
    """Of all rulings against these opponents, in order."""

    @classmethod
    def open(cls, candidate: Path, opponents: Sequence[str], rules: AcceptanceCriteria) -> Self:
        """Those in the candidate's folder; without any where it has met other opponents."""
        new = cls(
            candidate / PAIRS, tuple(opponents), rules.margin, rules.alpha, rules.refusal_alpha
        )
        if not new.path.exists():
            return new
        found = read_json(new.path)
        try:
            kept = decoded(found, _PairsDocument, "pairs of the gate")
        except BadValue as error:
            raise DamagedFile(f"{new.path}: {error}") from error
        if kept.opponents != new.opponents:
            return new
        return cls(new.path, **msgspec.structs.asdict(kept))

    def draw(self, count: int, database: Database) -> None:
        """Take the next `count` unused seeds; the database has them before the file does."""
        seeds = gate_seeds(used_until(database), count)
        payload = {"seeds": [seeds.start, count], "opponents": list(self.opponents)}
        database.add_event(EventEntry(EventKind.GATE_SEEDS, payload))
        self.first, self.count = seeds.start, count
        self._write()

    def add(self, pair: GatePair) -> None:
        """Add the results of one seed; they are on the disk afterwards."""
        self.pairs.append(pair)
        self._write()

    def test(self, rules: AcceptanceCriteria) -> GateTest:
        """The comparisons after all pairs, by the criteria that they began with."""
        kept = replace(
            rules,
            margin=self.margin,
            alpha=self.alpha,
            refusal_alpha=self.refusal_alpha,
            pairs=len(self.pairs) + len(self.seeds_left) if self.count else rules.pairs,
        )
        test = GateTest(kept, self.opponents)
        for pair in self.pairs:
            test.add(pair.candidate, pair.others)
        return test

    @property
    def seeds_left(self) -> range:
        """Seeds of the present ruling that were not driven yet."""
        seeds = range(self.first, self.first + self.count)
        return seeds[sum(pair.seed in seeds for pair in self.pairs) :]

    def _write(self) -> None:
        require_own_folder(self.path.parent)
        own = {key: value for key, value in asdict(self).items() if key != "path"}
        write_json(self.path, own)


def used_until(database: Database) -> int:
    """The seed after the last one that any ruling of the workspace was given."""
    return max(_ends(database), default=GATE.first)


def _ends(database: Database) -> Iterator[int]:
    for event in database.events(EventKind.GATE_SEEDS):
        first, count = event.payload["seeds"]
        yield first + count
    for event in database.events(EventKind.GATE):  # earlier versions kept success by seed
        yield from (int(seed) + 1 for seed in event.payload.get("solved", {}))
