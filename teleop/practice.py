"""Practice: the policy attempts the task unattended, and its successes become data."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from ..datasets.database import Database, Effort
from ..datasets.step import Level
from ..datasets.summary import EpisodeSummary
from ..datasets.workspace import Workspace
from ..policies.store import PolicyStore
from .rollouts import OnOutcome, Rollouts
from .session import Outcome

FIRST_SEED = 200_000
"""Practice seeds start here; those of demonstrations and evaluation are others."""
SEEDS_PER_ROUND = 10_000
KIND = "practice"
KEPT_FAILURES = 4
"""Of the first attempts of a round failures are recorded too, for people to look at."""


@dataclass(frozen=True)
class Attempt:
    """One unattended episode, as the ledger counts it."""

    seed: int
    success: bool
    steps: int


def practise(
    workspace: Workspace,
    rollouts: Rollouts,
    policy_id: str,
    seeds: Iterable[int],
    round_number: int,
    on_outcome: OnOutcome = lambda _: None,
) -> list[Outcome]:
    """Attempt every seed that has no recorded episode yet; record the successes.

    The ledger gets an entry with no human second in it, and the seeds that failed: they are the
    situations in which a person is worth asking. Attempts that a run which was broken off had
    recorded are in it too; those that it had not are made again.
    """
    wanted, solved = list(seeds), recorded_seeds(workspace)
    policy = PolicyStore(workspace.policies_dir).path(policy_id)
    before = [Attempt(s.header.seed, s.success, s.steps) for s in recorded(workspace, set(wanted))]
    missing = [seed for seed in wanted if seed not in solved]
    outcomes = rollouts.run(policy, missing, workspace.path.resolve(), on_outcome, KEPT_FAILURES)
    workspace.rebuild_index()
    attempts = [*before, *(Attempt(o.seed, o.success, o.steps) for o in outcomes)]
    Database(workspace.db_path).add_effort(_entry(attempts, policy_id, round_number))
    return outcomes


def recorded_seeds(workspace: Workspace) -> set[int]:
    """Seeds of which a complete episode is in the workspace."""
    return {s.header.seed for s in workspace.summaries() if s.complete}


def seeds_of(round_number: int, episodes: int = SEEDS_PER_ROUND) -> range:
    """The seeds of a round's first attempts; without a number all that belong to the round."""
    first = FIRST_SEED + round_number * SEEDS_PER_ROUND
    return range(first, first + episodes)


def recorded(workspace: Workspace, seeds: Container[int]) -> list[EpisodeSummary]:
    """The attempts on these seeds that are on the disk; what people drove there later is none."""
    return [
        s
        for s in workspace.summaries()
        if s.complete and s.header.seed in seeds and s.header.level == Level.AUTONOMOUS
    ]


def _entry(attempts: Sequence[Attempt], policy_id: str, round_number: int) -> Effort:
    return Effort(
        round=round_number,
        kind=KIND,
        driven_s=0.0,
        watched_s=0.0,
        takeovers=0,
        episodes=len(attempts),
        payload={
            "steps_human": 0,
            "steps_policy": sum(attempt.steps for attempt in attempts),
            "successes": sum(attempt.success for attempt in attempts),
            "failed_seeds": sorted(a.seed for a in attempts if not a.success),
            "policy": policy_id,
        },
    )
