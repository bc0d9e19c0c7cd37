"""`practise` lets a policy attempt the task unattended and records its successes as data.

Rounds of practice call it; `open_failures` gives `sidestick drive` the seeds that it failed on.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...datasets.database import Database, EffortEntry
from ...datasets.effort_counts import EffortCounts
from ...datasets.step import Level
from ...datasets.summary import EpisodeSummary
from ...datasets.workspace import Workspace
from ...policies.store import PolicyStore
from ..evaluation.lost_seeds import LostSeeds, OnLost, refuse
from ..evaluation.rollouts import OnOutcome, Rollouts
from ..evaluation.seeds import recorded_seeds
from ..session.subscriber import EpisodeOutcome
from .workspace_training import judged_summaries

KIND = "practice"
KEPT_FAILURES = 4
"""Of so many first attempts of a round failures are recorded too, for people to look at."""


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
    on_lost: OnLost = refuse,
) -> list[EpisodeOutcome]:
    """Attempt every seed that has no recorded episode yet; record the successes.

    The ledger gets an entry without human seconds and with the seeds that failed: the situations
    in which a correction is worth most. Attempts that an interrupted run recorded are counted
    too; those that it had not recorded are made again.
    """
    wanted, solved = list(seeds), recorded_seeds(workspace)
    policy = PolicyStore(workspace.policies_dir).path(policy_id)
    before = [Attempt(s.header.seed, s.success, s.steps) for s in recorded(workspace, set(wanted))]
    missing = [seed for seed in wanted if seed not in solved]
    outcomes = rollouts.run(
        policy, missing, workspace.path.resolve(), on_outcome, KEPT_FAILURES,
        LostSeeds(missing, on_lost),
    )  # fmt: skip
    workspace.rebuild_index()
    attempts = [*before, *(Attempt(o.seed, o.success, o.steps) for o in outcomes)]
    Database(workspace.db_path).add_effort(_entry(attempts, policy_id, round_number))
    return outcomes


def recorded(workspace: Workspace, seeds: Container[int]) -> list[EpisodeSummary]:
    """The recorded attempts on these seeds, without what people drove there later."""
    return [
        s
        for s in workspace.summaries()
        if s.complete and s.header.seed in seeds and s.header.level == Level.AUTONOMOUS
    ]


def _entry(attempts: Sequence[Attempt], policy_id: str, round_number: int) -> EffortEntry:
    counts = EffortCounts(
        episodes=len(attempts),
        successes=sum(attempt.success for attempt in attempts),
        policy=sum(attempt.steps for attempt in attempts),
    )
    failed = sorted(a.seed for a in attempts if not a.success)
    return counts.entry(KIND, round_number, policy_id, failed_seeds=failed)


ASKS = frozenset({Level.SUPERVISED, Level.ON_CALL})
"""Levels at which an operator is there for what the policy cannot do."""


def open_failures(workspace: Workspace) -> tuple[int, ...]:
    """Seeds that practice failed on and no later episode has solved, as people judge them."""
    solved: dict[int, float] = {}
    for summary in judged_summaries(workspace):
        header = summary.header
        solved[header.seed] = max(header.started, solved.get(header.seed, 0.0))
    return tuple(unsolved(Database(workspace.db_path).efforts(), solved))


def unsolved(efforts: Iterable[EffortEntry], solved: Mapping[int, float]) -> list[int]:
    """Seeds that practice failed on and nobody has solved since, of the latest practice first.

    `solved` says when the last episode began that solved a seed, time.time() in s.
    """
    practice = [effort for effort in efforts if effort.kind == KIND]
    found: dict[int, None] = {}
    for effort in sorted(practice, key=lambda effort: effort.created, reverse=True):
        for seed in effort.payload.get("failed_seeds", ()):
            if solved.get(seed, 0.0) < effort.created:
                found[int(seed)] = None
    return list(found)
