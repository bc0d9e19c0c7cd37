"""`evaluate` lets a policy drive alone on fixed seeds and reports its success rate.

`sidestick evaluate` and the quickstart call it; the report is added to the database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...datasets.config import WorkspaceConfig
from ...datasets.database import Database, EvaluationEntry
from ...datasets.workspace import Workspace
from ...policies.statistics.rates import Rate
from ...policies.store import PolicyStore
from ...sim_envs.tasks import stages_of
from ..session.subscriber import EpisodeOutcome
from .lost_seeds import LostSeeds, OnLost, lost_json, refuse
from .rollouts import OnOutcome, Rollouts
from .seeds import EVALUATION, check_reserved


@dataclass(frozen=True)
class EvaluationReport:
    """The result of an evaluation, as `sidestick evaluate` reports it."""

    task: str
    policy: str
    first_seed: int
    outcomes: tuple[EpisodeOutcome, ...]
    stages: tuple[str, ...] = ()
    """The task's stages in order; the last one is success."""
    env_kwargs: dict[str, Any] = field(default_factory=dict)
    """The variant of the task that was driven."""
    lost: Mapping[int, str] = field(default_factory=dict)
    """Seeds that cannot be driven, as the world fails there or workers die, with the reason each;
    they are in no figure."""

    @property
    def rate(self) -> Rate:
        """Successes out of episodes, with Wilson's interval."""
        return Rate(sum(outcome.success for outcome in self.outcomes), len(self.outcomes))

    @property
    def mean_length(self) -> float:
        """Mean length of an episode, ticks."""
        return sum(outcome.steps for outcome in self.outcomes) / max(1, len(self.outcomes))

    @property
    def unanswered(self) -> int:
        """Ticks on which the arm rested, as the policy gave no answer."""
        return sum(outcome.human_steps for outcome in self.outcomes)

    @property
    def ended_in(self) -> dict[str, int]:
        """For each stage the number of failures that ended in it."""
        failed = [outcome.stage for outcome in self.outcomes if not outcome.success]
        return {stage: failed.count(stage) for stage in self.stages}

    @property
    def reached(self) -> dict[str, Rate]:
        """For each stage the share of episodes that reached it."""
        left, rates = len(self.outcomes), {}
        for stage, died in self.ended_in.items():
            rates[stage] = Rate(left, len(self.outcomes))
            left -= died
        return rates

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return {
            "task": self.task,
            "policy": self.policy,
            "episodes": self.rate.n,
            "successes": self.rate.successes,
            "success_rate": self.rate.value,
            "interval95": list(self.rate.interval95),
            "first_seed": self.first_seed,
            "mean_length": self.mean_length,
            "unanswered": self.unanswered,
            "env_kwargs": self.env_kwargs,
            "reached": {stage: rate.value for stage, rate in self.reached.items()},
            "ended_in": self.ended_in,
            "lost_seeds": sorted(self.lost),
            "lost": lost_json(self.lost),
        }


def varied(config: WorkspaceConfig, variation: str | None) -> WorkspaceConfig:
    """The configuration with another level of variation; the same where `variation` is None."""
    if variation is None:
        return config
    return replace(config, env_kwargs={**config.env_kwargs, "variation": variation})


def evaluate(
    workspace: Workspace,
    rollouts: Rollouts,
    policy_id: str | None = None,
    episodes: int = 100,
    first_seed: int = EVALUATION.first,
    on_outcome: OnOutcome = lambda _: None,
    release: bool = False,
    on_lost: OnLost = refuse,
) -> EvaluationReport:
    """Let a policy drive alone on `episodes` seeds; the result is added to the database.

    Unless a policy is named, the one that drives unasked; PolicyError where none does.
    It drives in the scenes of `rollouts`, which may be another variant than the workspace's.
    `release` says that a release's final figures are measured; else its seeds are refused. A seed
    that is lost, and does not stop it, is named in the report.
    """
    seeds = range(first_seed, first_seed + episodes)
    check_reserved(seeds, release)
    store, config = PolicyStore(workspace.policies_dir), workspace.config
    policy_id = policy_to_evaluate(workspace, policy_id)  # raises here, not in a worker
    lost = LostSeeds(seeds, on_lost)
    outcomes = rollouts.run(store.path(policy_id), seeds, on_outcome=on_outcome, lost=lost)
    stages, kwargs = config.stages or stages_of(config.task), dict(rollouts.config.env_kwargs)
    report = EvaluationReport(
        config.task, policy_id, first_seed, tuple(outcomes), stages, kwargs, lost.reasons
    )
    Database(workspace.db_path).add_evaluation(
        EvaluationEntry(
            policy=policy_id,
            task=config.task,
            first_seed=first_seed,
            episodes=len(outcomes),
            successes=report.rate.successes,
            payload={**report.to_json(), "per_episode": per_episode(outcomes)},
        )
    )
    return report


def policy_to_evaluate(workspace: Workspace, policy_id: str | None = None) -> str:
    """The named policy, or the one that drives; raises where it cannot be loaded."""
    store = PolicyStore(workspace.policies_dir)
    chosen = store.choose(policy_id).policy_id
    store.load(chosen, workspace.config)
    return chosen


def per_episode(outcomes: Sequence[EpisodeOutcome]) -> list[dict[str, Any]]:
    """The entry of each episode in the database."""
    return [
        {
            "seed": outcome.seed,
            "success": outcome.success,
            "length": outcome.steps,
            "stage": outcome.stage,
            "progress": outcome.progress,
        }
        for outcome in outcomes
    ]
