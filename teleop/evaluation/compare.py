"""`compare` lets two policies drive the same unseen seeds, and tests which succeeds more often.

`sidestick compare` calls it; it stops as soon as the sequential test decides, and gives a
`Comparison`, which the database keeps. The blind comparison and the window use its parts.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...datasets.config import WorkspaceConfig
from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.workspace import Workspace
from ...policies.loaded_policy import load_for
from ...policies.policy_config import CONFIG
from ...policies.statistics.paired import (
    ALPHA,
    PairCounts,
    PairedVerdict,
    SequentialTest,
    difference_interval,
    fewest_pairs,
)
from ...policies.store import PolicyStore
from ...sim_envs.errors import BadValue
from ..session.subscriber import EpisodeOutcome
from .compared_side import Side
from .evaluate import per_episode
from .lost_seeds import LostSeeds, OnLost, lost_json, refuse
from .rollouts import Rollouts
from .seeds import EVALUATION, check_reserved, recorded_seeds

PAIRS = 100
"""Most pairs unless another number is given."""
LEAST_PAIRS = 8
"""Fewest before a comparison is given up as undecidable: they show how far apart the two are."""
PAIRS_PER_LOOK = 4
"""Pairs that are driven between two evaluations of the test."""
OnPair = Callable[[SequentialTest], object]
Fits = Callable[[Path, WorkspaceConfig], object]


@dataclass(frozen=True)
class PolicyRef:
    """A policy to be compared."""

    name: str
    """Its number, or its folder where it comes from elsewhere."""
    path: Path

    @classmethod
    def find(cls, workspace: Workspace, name: str, fits: Fits = load_for) -> "PolicyRef":
        """Find it by number in the workspace, or by folder; `fits` raises if it cannot drive there.

        UnknownName with those that exist; PolicyError for one of another task or renderer.
        """
        folder = Path(name)
        own = PolicyStore(workspace.policies_dir)
        number = own.spelt(name)
        elsewhere = (folder / CONFIG).exists() and number not in own.ids()
        path = folder if elsewhere else own.path(number)
        fits(path, workspace.config)
        return cls(name if elsewhere else number, path)


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison; A and B in the order they were given."""

    task: str
    a: Side
    b: Side
    tally: PairCounts
    verdict: PairedVerdict
    p_value: float
    """Always valid (see `policies.statistics.paired`)."""
    alpha: float
    """Chance of a verdict on identical policies, over the whole comparison."""
    interval: tuple[float, float]
    """Confidence interval, at 1 - alpha, of the share of pairs that A wins less that of B.

    It counts ties, which the test ignores, so it may still touch 0 when the test decides.
    """
    why_stopped: str
    blind: bool = False
    seeds: tuple[int, ...] = ()
    lost: Mapping[int, str] = field(default_factory=dict)
    """Seeds that one of them could not be driven on, with the reason; they count for neither."""

    def to_json(self) -> dict[str, Any]:
        """As JSON, with NaN as null."""
        sides = {name: {**asdict(side)} for name, side in (("a", self.a), ("b", self.b))}
        for side in sides.values():
            side["seconds"] = side["seconds"] if side["seconds"] == side["seconds"] else None
        counted = {"pairs": self.tally.pairs, "lost": lost_json(self.lost)}
        return {**asdict(self), **sides, "verdict": str(self.verdict), **counted}

    def __str__(self) -> str:
        tally = self.tally
        if not tally.pairs:
            return f"{self.verdict}: no scene was driven by both; {self.why_stopped}"
        low, high = (100 * end for end in self.interval)
        return (
            f"{self.verdict}: A ({self.a.policy}) {self.a}, B ({self.b.policy}) "
            f"{self.b}; {tally.pairs} pairs, {tally.only_a} won by A, {tally.only_b} by B; "
            f"A less B {100 * tally.difference:+.0f} points [{low:+.0f}, {high:+.0f}], "
            f"p = {self.p_value:.3g} at any stop, alpha {self.alpha:g}; {self.why_stopped}"
        )


def compare(
    workspace: Workspace,
    rollouts: Rollouts,
    a: str,
    b: str,
    pairs: int = PAIRS,
    first_seed: int = EVALUATION.first,
    alpha: float = ALPHA,
    on_pair: OnPair = lambda _: None,
    fits: Fits = load_for,
    on_lost: OnLost = refuse,
) -> Comparison:
    """Let both policies drive the same seeds, of which no episode was ever recorded.

    A seed that is lost, and does not stop it, is left out for both. The result is added to the
    database.
    """
    first, second = policies_to_compare(workspace, a, b, fits)
    test, seeds = SequentialTest(alpha), unseen_seeds(workspace, first_seed, pairs, alpha)
    outcomes: tuple[list[EpisodeOutcome], list[EpisodeOutcome]] = ([], [])
    why = ""
    lost = LostSeeds(seeds, on_lost)
    blocks = rollouts.in_blocks((first.path, second.path), seeds, PAIRS_PER_LOOK, lost)
    for looks, block in enumerate(blocks, 1):
        for mine, driven in zip(outcomes, block, strict=True):
            mine += driven
        for one, other in zip(*block, strict=True):
            test.add(one.success, other.success)
            on_pair(test)
        if why := stopped(test, max(0, pairs - looks * PAIRS_PER_LOOK)):
            break
    found = summarise(workspace, test, (first, second), outcomes, why, lost=lost.reasons)
    save_comparison(workspace, found, outcomes)
    return found


def policies_to_compare(
    workspace: Workspace, a: str, b: str, fits: Fits = load_for
) -> tuple[PolicyRef, PolicyRef]:
    """Both policies; BadValue where they are the same one."""
    first, second = (PolicyRef.find(workspace, name, fits) for name in (a, b))
    if first.path.resolve() == second.path.resolve():
        raise BadValue("policies to compare", "two different ones", f"{a} twice")
    return first, second


def unseen_seeds(
    workspace: Workspace, first_seed: int, count: int, alpha: float = ALPHA
) -> list[int]:
    """The next seeds of which no episode is recorded; BadValue where `count` can decide nothing,
    and for seeds of a release."""
    least = fewest_pairs(alpha)
    if count < least:
        raise BadValue("pairs to compare", f"at least {least}, fewer cannot decide", count)
    known = recorded_seeds(workspace)

    fresh = (seed for seed in itertools.count(first_seed) if seed not in known)
    seeds = list(itertools.islice(fresh, count))
    check_reserved(range(first_seed, seeds[-1] + 1))
    return seeds


def stopped(test: SequentialTest, pairs_left: int) -> str:
    """The reason to stop now; empty to go on."""
    if test.verdict is not PairedVerdict.OPEN:
        return "stopped once it was decided"
    if pairs_left == 0:
        return "all pairs driven"
    if test.tally.pairs >= LEAST_PAIRS and test.is_hopeless(pairs_left):
        left = "pair that was" if pairs_left == 1 else f"{pairs_left} pairs that were"
        return f"stopped after {test.tally.pairs} pairs: the {left} left could not decide it"
    return ""


def summarise(
    workspace: Workspace,
    test: SequentialTest,
    both: tuple[PolicyRef, PolicyRef],
    outcomes: tuple[Sequence[EpisodeOutcome], Sequence[EpisodeOutcome]],
    why: str,
    blind: bool = False,
    lost: Mapping[int, str] | None = None,
) -> Comparison:
    """The comparison from both policies' outcomes, which are in the same order of seeds."""
    hz = workspace.config.control_hz
    solved = [x.success and y.success for x, y in zip(*outcomes, strict=True)]
    sides = [
        Side.of(ref.name, mine, solved, hz, test.alpha)
        for ref, mine in zip(both, outcomes, strict=True)
    ]
    interval = difference_interval(test.tally, test.alpha)
    seeds = tuple(outcome.seed for outcome in outcomes[0])
    return Comparison(
        workspace.config.task, sides[0], sides[1], test.tally, test.verdict, test.p_value,
        test.alpha, interval, why, blind, seeds, lost or {},
    )  # fmt: skip


def save_comparison(
    workspace: Workspace,
    found: Comparison,
    outcomes: tuple[Sequence[EpisodeOutcome], Sequence[EpisodeOutcome]],
) -> None:
    """Add the comparison and each episode's outcome to the database."""
    episodes = {side: _outcomes_json(mine) for side, mine in zip("ab", outcomes, strict=True)}
    payload = {**found.to_json(), "per_episode": episodes}
    Database(workspace.db_path).add_event(EventEntry(EventKind.COMPARISON, payload))


def _outcomes_json(outcomes: Sequence[EpisodeOutcome]) -> list[dict[str, Any]]:
    entries = zip(per_episode(outcomes), outcomes, strict=True)
    return [{**entry, "takeovers": outcome.takeovers} for entry, outcome in entries]
