"""A run of recorded episodes with an operator, and what it cost her."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..datasets.database import Database, Effort
from ..datasets.recorder import Recorder
from ..datasets.step import Level
from ..datasets.summary import EpisodeSummary
from ..datasets.workspace import Workspace
from ..policies.store import PolicyStore
from .authority import NEEDS_POLICY, name
from .devices.simulated import SimulatedOperator
from .pilot import Pilot
from .recording import Recording
from .rollouts import workspace_env
from .session import Outcome, Session

EFFORT_KIND = {Level.DEMONSTRATE: "demonstrations", Level.SUPERVISED: "supervised"}
PATIENCE = 2
"""A person who corrects a policy is given this many times the step limit."""
OnOutcome = Callable[[Outcome], object]


@dataclass(frozen=True)
class DriveReport:
    """What a run of episodes came to."""

    episodes: int
    successes: int
    human_steps: int
    policy_steps: int
    takeovers: int
    level: str

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], level: Level) -> "DriveReport":
        """Add up the outcomes."""
        return cls(
            len(outcomes),
            sum(outcome.success for outcome in outcomes),
            sum(outcome.human_steps for outcome in outcomes),
            sum(outcome.policy_steps for outcome in outcomes),
            sum(outcome.takeovers for outcome in outcomes),
            name(level),
        )

    @classmethod
    def of_summaries(cls, summaries: Sequence[EpisodeSummary], level: Level) -> "DriveReport":
        """Add up recorded episodes."""
        return cls(
            len(summaries),
            sum(summary.success for summary in summaries),
            sum(summary.human_steps for summary in summaries),
            sum(summary.policy_steps for summary in summaries),
            sum(summary.takeovers for summary in summaries),
            name(level),
        )


def drive_simulated(
    workspace: Workspace,
    level: Level,
    seeds: Iterable[int],
    policy_id: str | None = None,
    round_number: int = 0,
    on_outcome: OnOutcome = lambda _: None,
    ledger: bool = True,
) -> DriveReport:
    """Record one episode a seed with the simulated operator; enter the effort in the ledger."""
    config = workspace.config
    env = workspace_env(config)
    pilot = None
    if level in NEEDS_POLICY:
        store = PolicyStore(workspace.policies_dir)
        policy_id = policy_id or store.latest()
        pilot = Pilot(store.load(policy_id, config.task, config.renderer))
    try:
        operator = SimulatedOperator(env, level)
        with Recorder(workspace) as recorder:
            recording = Recording(recorder, policy_id if pilot else None)
            limit = env.task.max_steps * (PATIENCE if pilot else 1)
            session = Session(env, operator, level, pilot, [recording], max_steps=limit)
            outcomes = _run(session, seeds, on_outcome)
            recorder.wait()
    finally:
        env.close()
    report = DriveReport.of(outcomes, level)
    if ledger:
        entry = effort(report, level, round_number, config.control_hz, policy_id)
        Database(workspace.db_path).add_effort(entry)
    return report


def _run(session: Session, seeds: Iterable[int], on_outcome: OnOutcome) -> list[Outcome]:
    outcomes = []
    for seed in seeds:
        outcomes.append(session.run_episode(seed))
        on_outcome(outcomes[-1])
    return outcomes


def effort(
    report: DriveReport, level: Level, round_number: int, control_hz: int, policy_id: str | None
) -> Effort:
    """The ledger's entry: time driven, and time watched while a policy drove."""
    return Effort(
        round=round_number,
        kind=EFFORT_KIND.get(level, name(level)),
        driven_s=report.human_steps / control_hz,
        watched_s=report.policy_steps / control_hz,
        takeovers=report.takeovers,
        episodes=report.episodes,
        payload={
            "steps_human": report.human_steps,
            "steps_policy": report.policy_steps,
            "successes": report.successes,
            "policy": policy_id,
        },
    )
