"""A table of seed ranges says what each seed is used for; `Seeds` are those of one session.

Commands, practice and the gate take their seeds here. A seed is a scene. What is learnt on one
range is measured on another, so no two ranges may share a seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ...datasets.workspace import Workspace
from ...sim_envs.errors import BadValue

SEEDS_PER_ROUND = 10_000
"""Seeds that each round of corrections or practice has for itself."""
FIRST_ROUNDS = 10
"""Rounds whose seeds lie in the first range of their kind; later ones use the second."""


@dataclass(frozen=True)
class SeedRange:
    """A range of seeds with one purpose."""

    name: str
    first: int
    count: int | None
    """Number of seeds; None for a range without an end."""
    purpose: str
    """What its scenes are for, and what becomes of their episodes."""

    def __contains__(self, seed: int) -> bool:
        return seed >= self.first and (self.count is None or seed < self.first + self.count)

    def seeds(self, count: int, after: int = 0) -> range:
        """The next `count` seeds after the first `after`; BadValue where the range has fewer."""
        if self.count is not None and after + count > self.count:
            asked = f"{count} after the first {after}"
            raise BadValue(f"seeds of {self.name}", f"at most {self.count}", asked)
        return range(self.first + after, self.first + after + count)


PEOPLE = SeedRange("people", 0, 20_000, "demonstrations and sessions at the window: learnt from")
EVALUATION = SeedRange(
    "evaluation",
    20_000,
    80_000,
    "validation of a policy alone, and comparisons of two: never learnt from, chosen on",
)
SUPERVISED = SeedRange(
    "supervised", 100_000, 100_000, "quickstart's rounds 0 to 9 of corrections: learnt from"
)
PRACTICE = SeedRange(
    "practice", 200_000, 100_000, "practice in rounds 0 to 9: successes are learnt from"
)
SELECTION = SeedRange(
    "selection", 300_000, 10_000, "choice of a checkpoint of one training: never learnt from"
)
GATE = SeedRange("gate", 310_000, 90_000, "a new policy against the present one: never learnt from")
BLIND = SeedRange(
    "blind comparison", 400_000, 600_000, "two policies, supervised: learnt from afterwards"
)
PERCEPTION = SeedRange(
    "perception", 1_000_000, 9_000_000, "labelled scenes that perception is pretrained on"
)
LATER_SUPERVISED = SeedRange(
    "later supervised", 10_000_000, 790_000_000, "rounds of corrections from 10 on: learnt from"
)
GENERATION = SeedRange(
    "generation", 800_000_000, 100_000_000, "scenes for generated demonstrations: learnt from"
)
RELEASE = SeedRange(
    "release",
    900_000_000,
    100_000_000,
    "figures of a release: blocks that are drawn once, and that nothing was chosen on",
)
LATER_PRACTICE = SeedRange(
    "later practice",
    1_000_000_000,
    1_000_000_000,
    "practice from round 10 on: successes are learnt from",
)
LATER_GATE = SeedRange(
    "later gate",
    2_000_000_000,
    None,
    "rulings of the gate after its first range: never learnt from",
)
RANGES = (
    PEOPLE, EVALUATION, SUPERVISED, PRACTICE, SELECTION, GATE, BLIND, PERCEPTION,
    LATER_SUPERVISED, GENERATION, RELEASE, LATER_PRACTICE, LATER_GATE,
)  # fmt: skip


def supervised_seeds(round_number: int, episodes: int = SEEDS_PER_ROUND) -> range:
    """The first seeds of a round of corrections; all of them unless `episodes` is given."""
    return _of_round(SUPERVISED, LATER_SUPERVISED, round_number, episodes)


def practice_seeds(round_number: int, episodes: int = SEEDS_PER_ROUND) -> range:
    """The first seeds of a round of practice; all of them unless `episodes` is given."""
    return _of_round(PRACTICE, LATER_PRACTICE, round_number, episodes)


def gate_seeds(after: int, count: int) -> range:
    """The next seeds of the gate from seed `after` on: of its first range while they fit."""
    used = max(0, after - GATE.first)
    if GATE.count is not None and used + count <= GATE.count:
        return GATE.seeds(count, used)
    return LATER_GATE.seeds(count, max(0, after - LATER_GATE.first))


def _of_round(first: SeedRange, later: SeedRange, round_number: int, episodes: int) -> range:
    """A round's first seeds, in the range that its number belongs to."""
    if episodes > SEEDS_PER_ROUND:
        raise BadValue("episodes of a round", f"at most {SEEDS_PER_ROUND}", episodes)
    if round_number < FIRST_ROUNDS:
        return first.seeds(episodes, round_number * SEEDS_PER_ROUND)
    return later.seeds(episodes, (round_number - FIRST_ROUNDS) * SEEDS_PER_ROUND)


@dataclass(frozen=True)
class Seeds:
    """The seeds of a session, in order and without an end: failures first, then fresh ones."""

    first: int = 0
    """First fresh seed; the next ones follow."""
    failures: Sequence[int] = ()
    """Seeds on which something failed, each once; they come first."""
    failed: str = "practice failed here"
    """What did."""

    @property
    def start(self) -> int:
        """The seed of the first scene."""
        return self.take(1)[0]

    def after(self, seed: int) -> int:
        """The seed that follows `seed`."""
        if seed not in self.failures:
            return seed + 1
        return [*self.failures, self.first][self.failures.index(seed) + 1]

    def take(self, scenes: int) -> list[int]:
        """The seeds of the first scenes."""
        left = max(0, scenes - len(self.failures))
        return [*self.failures[:scenes], *range(self.first, self.first + left)]

    def label(self, seed: int) -> str:
        """A note for people on why a seed is driven; empty for a fresh one."""
        return f"seed {seed}: {self.failed}" if seed in self.failures else ""


def check_reserved(seeds: range, release: bool = False) -> None:
    """BadValue for a release's seeds, unless `release` asks for them; then for any others.

    Whoever drives there before the release's final figures are measured has seen those scenes.
    """
    first, last = RELEASE.first, RELEASE.seeds(RELEASE.count or 0)[-1]
    start, end = seeds.start, seeds.stop - 1
    asked = f"{start} to {end}"
    if release and not first <= start <= end <= last:
        raise BadValue("--first-seed with --release", f"seeds from {first} to {last}", asked)
    if not release and start <= last and end >= first:
        others = f"seeds outside {first} to {last}: reserved for a release's final figures"
        raise BadValue("--first-seed", f"{others} (`sidestick evaluate --release`)", asked)


def recorded_seeds(workspace: Workspace) -> set[int]:
    """Seeds of which a complete episode is in the workspace."""
    return {s.header.seed for s in workspace.summaries() if s.complete}
