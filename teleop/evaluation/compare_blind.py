"""`compare_blind` compares two policies under an operator who is not told which one drives.

Both drive every scene once, in random order; a vote is the episode's success, then its takeovers.
`sidestick compare --blind` calls it with the simulated operator; the window uses its parts.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...datasets.database import Database
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.loaded_policy import load_for
from ...policies.statistics.paired import ALPHA, SequentialTest
from ..devices.simulated_operator import SimulatedOperator
from ..session.assignment import Assignment
from ..session.human_effort import EffortLedger
from ..session.levels import LIMITS_WHEN_CORRECTED
from ..session.open_session import recorded_session
from ..session.policy_runner import PolicyRunner
from ..session.subscriber import EpisodeOutcome
from .compare import (
    Comparison,
    PolicyRef,
    policies_to_compare,
    save_comparison,
    stopped,
    summarise,
    unseen_seeds,
)
from .seeds import BLIND

SCENES = 20
BLOCK = 4
"""Scenes whose episodes are shuffled together: the same scene seldom comes twice in a row."""
PURPOSE = "blind comparison"
"""What the ledger says the effort was for."""
OnEpisode = Callable[[int, EpisodeOutcome], object]


@dataclass(frozen=True)
class BlindTrial:
    """One episode of the schedule."""

    seed: int
    side: int
    """0 for A, 1 for B; never shown."""


def schedule(seeds: Sequence[int], chance: random.Random) -> list[BlindTrial]:
    """Every scene once for each policy, in an order from which no one can tell which drives."""
    turns: list[BlindTrial] = []
    for start in range(0, len(seeds), BLOCK):
        block = [BlindTrial(seed, side) for seed in seeds[start : start + BLOCK] for side in (0, 1)]
        chance.shuffle(block)
        turns += block
    return turns


def vote(outcome: EpisodeOutcome) -> tuple[bool, int]:
    """A rank of an episode: success counts first, then fewer takeovers."""
    return outcome.success, -outcome.takeovers


class BlindVotes:
    """Collects the votes on both policies, and pairs them by scene."""

    def __init__(self, alpha: float = ALPHA) -> None:
        self.test = SequentialTest(alpha)
        self.outcomes: tuple[list[EpisodeOutcome], list[EpisodeOutcome]] = ([], [])
        """Outcomes of A and of B, paired, of the scenes that both have driven."""
        self._single: dict[tuple[int, int], EpisodeOutcome] = {}

    def add(self, turn: BlindTrial, outcome: EpisodeOutcome) -> None:
        """Add one episode's vote; it counts once both have driven its scene."""
        other = self._single.pop((turn.seed, 1 - turn.side), None)
        if other is None:
            self._single[turn.seed, turn.side] = outcome
            return
        a, b = (outcome, other) if turn.side == 0 else (other, outcome)
        self.outcomes[0].append(a)
        self.outcomes[1].append(b)
        self.test.add(*_ranks(vote(a), vote(b)))


def compare_blind(
    workspace: Workspace,
    a: str,
    b: str,
    scenes: int = SCENES,
    first_seed: int = BLIND.first,
    alpha: float = ALPHA,
    seed: int | None = None,
    on_episode: OnEpisode = lambda number, outcome: None,
) -> Comparison:
    """Let the simulated operator supervise both in random order; all episodes are recorded.

    `seed` repeats an order; None draws one. Stops early by the same test as `compare`.
    """
    both = policies_to_compare(workspace, a, b)
    turns = schedule(
        unseen_seeds(workspace, first_seed, scenes, alpha),
        random.Random(seed) if seed is not None else random.SystemRandom(),
    )
    blind_votes, effort, why = BlindVotes(alpha), blind_effort(workspace), ""
    assigned = [supervised(workspace, ref) for ref in both]
    with recorded_session(
        workspace,
        lambda env: SimulatedOperator(env, Level.SUPERVISED),
        assigned[0],
        [effort],
        LIMITS_WHEN_CORRECTED,
    ) as session:
        for number, turn in enumerate(turns, 1):
            session.assign(assigned[turn.side])
            outcome = session.run_episode(turn.seed)
            blind_votes.add(turn, outcome)
            on_episode(number, outcome)
            why = stopped(blind_votes.test, scenes - blind_votes.test.tally.pairs)
            if why:
                break
    effort.enter()
    return finish(workspace, blind_votes, both, why)


def blind_effort(workspace: Workspace) -> EffortLedger:
    """Counts the operator's effort in one entry, which does not name the policies."""
    return EffortLedger(
        database=Database(workspace.db_path),
        policy_of=lambda _: None,
        details={"purpose": PURPOSE},
    )


def finish(
    workspace: Workspace,
    blind_votes: BlindVotes,
    both: tuple[PolicyRef, PolicyRef],
    why: str,
) -> Comparison:
    """Summarise and save the comparison."""
    found = summarise(
        workspace, blind_votes.test, both, blind_votes.outcomes, why or "ended early", True
    )
    save_comparison(workspace, found, blind_votes.outcomes)
    return found


def supervised(workspace: Workspace, ref: PolicyRef) -> Assignment:
    """The assignment of one compared policy at the supervised level."""
    policy = load_for(ref.path, workspace.config)
    runner = PolicyRunner(policy, policy.actions)
    return Assignment(Level.SUPERVISED, ref.path.name, runner)


def _ranks(one: tuple[bool, int], other: tuple[bool, int]) -> tuple[float, float]:
    return float(one > other), float(other > one)
