"""A run of recorded episodes with an operator, and what it cost her."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace

from ...datasets.database import Database, Effort
from ...datasets.recorder import Recorder
from ...datasets.step import Level
from ...datasets.summary import EpisodeSummary
from ...datasets.workspace import Workspace
from ...policies.store import PolicyStore
from ..autonomy.audit_sampling import AUDITED_SHARE, auditor
from ..autonomy.evidence_recorder import Witness
from ..autonomy.help_calibration import calibrated, recorded_feelings
from ..autonomy.ladder import Change, Why
from ..autonomy.ladder_store import LadderBook
from ..devices.simulated_operator import SimulatedOperator
from ..learning.active_policy import Duty, Relief
from ..session.environments import workspace_env
from ..session.help_requests import Alarm, CallRules
from ..session.human_effort import KINDS, EffortCount
from ..session.levels import LIMITS_WHEN_CORRECTED, NEEDS_POLICY, name, supervises
from ..session.policy_runner import Pilot
from ..session.recording import Recording
from ..session.session import Outcome, Session, Subscriber

OnOutcome = Callable[[Outcome], object]


@dataclass(frozen=True)
class Terms:
    """On what terms a policy drives, beside its level."""

    calls: CallRules = field(default_factory=CallRules)
    """When it asks for help while on call, and how often it may."""
    audited: float = AUDITED_SHARE
    """Share of the autonomous episodes that a person watches."""
    ladder: bool = False
    """Whether the episodes are evidence: a policy that loses the level stops driving at once."""
    on_change: Callable[[Change], object] = lambda _: None
    """Told of every change of level."""
    relieved: Callable[[], bool] = lambda: False
    """Asked after every episode whether another policy waits to take over: the run ends there."""


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
    def together(cls, legs: Sequence["DriveReport"]) -> "DriveReport":
        """Several runs as one; the level is the last one's."""
        names = [field.name for field in fields(cls) if field.name != "level"]
        counts = {name: sum(getattr(leg, name) for leg in legs) for name in names}
        return cls(**counts, level=legs[-1].level)

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
    terms: Terms | None = None,
    pilot: Pilot | None = None,
) -> DriveReport:
    """Record one episode a seed with the simulated operator; enter the effort in the ledger.

    `pilot` takes the place of the policy's own, as when a test spoils it.
    """
    terms = terms or Terms()
    if level in NEEDS_POLICY:
        policy_id = policy_id or PolicyStore(workspace.policies_dir).latest()
        pilot = pilot or load_pilot(workspace, policy_id)
    else:
        pilot = None
    effort = EffortCount(auditor(terms.audited))
    with (
        contextlib.closing(workspace_env(workspace.config)) as env,
        Recorder(workspace) as recorder,
    ):
        operator = SimulatedOperator(env, level)
        recording = Recording(recorder, policy_id if pilot else None)
        evidence = _Evidence(workspace, recording, level, terms)
        listeners: list[Subscriber] = [recording, effort, *evidence.listeners]
        listeners += [operator.summons] if operator.summons else []
        limit = env.task.max_steps * (LIMITS_WHEN_CORRECTED if _is_corrected(level) else 1)
        alarm = alarm_of(workspace, level, policy_id, terms.calls)
        session = Session(env, operator, level, pilot, listeners, None, limit, alarm)
        outcomes = _run(session, seeds, on_outcome, evidence, terms.relieved)
        recorder.wait()
    if ledger:
        Database(workspace.db_path).add_effort(effort.entry(level, round_number, policy_id))
    return DriveReport.of(outcomes, level)


class _Evidence:
    """Makes the episodes evidence, where they shall be, and hears when the level is lost."""

    def __init__(
        self, workspace: Workspace, recording: Recording, level: Level, terms: Terms
    ) -> None:
        self.level, self._terms, self.lost = level, terms, False
        self.listeners: list[Subscriber] = []
        policy, audited = recording.policy_id, auditor(terms.audited)
        if terms.ladder and policy is not None:
            witness = Witness(
                LadderBook(workspace), policy, audited, self._hear, lambda: recording.episode_id
            )
            self.listeners.append(witness)

    def _hear(self, change: Change) -> None:
        self.lost |= change.why is Why.DEMOTED and change.after < self.level
        self._terms.on_change(change)


def load_pilot(workspace: Workspace, policy_id: str) -> Pilot:
    """A policy of the workspace, ready to drive there."""
    store, config = PolicyStore(workspace.policies_dir), workspace.config
    return Pilot(store.load(policy_id, config))


def alarm_of(workspace: Workspace, level: Level, policy_id: str | None, rules: CallRules) -> Alarm:
    """What makes a policy ask for help, calibrated on its recorded episodes where it is on call."""
    if level is not Level.ON_CALL or policy_id is None:
        return Alarm(rules)
    return Alarm(calibrated(recorded_feelings(workspace, policy_id), rules))


def _is_corrected(level: Level) -> bool:
    return supervises(level) and level is not Level.AUTONOMOUS


def _run(
    session: Session,
    seeds: Iterable[int],
    on_outcome: OnOutcome,
    evidence: _Evidence,
    relieved: Callable[[], bool],
) -> list[Outcome]:
    """Drive the seeds in their order, until the level is lost or another policy takes over."""
    outcomes = []
    for seed in seeds:
        outcomes.append(session.run_episode(seed))
        on_outcome(outcomes[-1])
        if evidence.lost or relieved():
            break
    return outcomes


def effort(
    report: DriveReport, level: Level, round_number: int, control_hz: int, policy_id: str | None
) -> Effort:
    """The ledger's entry where nobody counted along: from the episodes as they were recorded."""
    return Effort(
        round=round_number,
        kind=KINDS.get(level, name(level)),
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


def drive_in_legs(
    workspace: Workspace,
    duty: Duty,
    seeds: Iterable[int],
    on_outcome: OnOutcome = lambda _: None,
    terms: Terms | None = None,
    on_relief: Callable[[Relief], object] = lambda _: None,
) -> DriveReport:
    """Drive the seeds with the simulated operator and whoever is on duty.

    Every leg has its own entry in the ledger. A level that is lost ends the run.
    """
    left, waiting = deque(seeds), False
    legs: list[DriveReport] = []

    def heard(outcome: Outcome) -> None:
        left.popleft()
        duty.episode_over()
        on_outcome(outcome)

    def relieved() -> bool:
        nonlocal waiting
        waiting = duty.waiting()
        return waiting

    terms = replace(terms or Terms(), relieved=relieved)
    while left:
        relief = duty.relief()
        if relief is not None:
            on_relief(relief)
        elif legs and not waiting:
            break
        rest = tuple(left)
        leg = drive_simulated(workspace, duty.level, rest, duty.policy, 0, heard, True, terms)
        legs.append(leg)
    return DriveReport.together(legs)
