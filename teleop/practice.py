"""Practice: the policy attempts the task unattended, and its successes become data."""

from collections.abc import Iterable

from ..datasets.database import Database, Effort
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
    situations in which a person is worth asking.
    """
    solved = recorded_seeds(workspace)
    policy = PolicyStore(workspace.policies_dir).path(policy_id)
    missing = [seed for seed in seeds if seed not in solved]
    outcomes = rollouts.run(policy, missing, workspace.path.resolve(), on_outcome, KEPT_FAILURES)
    workspace.rebuild_index()
    Database(workspace.db_path).add_effort(
        Effort(
            round=round_number,
            kind=KIND,
            driven_s=0.0,
            watched_s=0.0,
            takeovers=0,
            episodes=len(outcomes),
            payload={
                "steps_human": 0,
                "steps_policy": sum(outcome.steps for outcome in outcomes),
                "successes": sum(outcome.success for outcome in outcomes),
                "failed_seeds": [outcome.seed for outcome in outcomes if not outcome.success],
                "policy": policy_id,
            },
        )
    )
    return outcomes


def recorded_seeds(workspace: Workspace) -> set[int]:
    """Seeds of which a complete episode is in the workspace."""
    return {s.header.seed for s in workspace.summaries() if s.complete}
