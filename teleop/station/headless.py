"""These functions record episodes with the simulated operator, without a window.

`cli.drive --headless`, quickstart and benchmarks call them with a workspace, a level and seeds;
the episodes, the effort and the evidence are in the workspace then.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace

from ...datasets.database import Database
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.store import PolicyStore
from ...sim_envs.worlds.contract import TaskWorld
from ..autonomy.evidence_recorder import AUDITED_SHARE, EvidenceRecorder, audit_sampler
from ..autonomy.ladder import ChangeReason, LevelChange
from ..autonomy.ladder_store import LadderStore
from ..devices.operators import MakeOperator
from ..devices.simulated_operator import SimulatedOperator
from ..learning.active_policy import ActivePolicy, PolicySwitch, assignment_of
from ..session.assignment import Assignment
from ..session.attendance import require_person
from ..session.device import InputDevice
from ..session.help_requests import HelpMonitor, HelpRules
from ..session.human_effort import EffortLedger
from ..session.levels import LIMITS_WHEN_CORRECTED, NEEDS_POLICY, name, supervises
from ..session.open_session import recorded_session
from ..session.policy_runner import PolicyRunner
from ..session.session import Session
from ..session.subscriber import EpisodeOutcome, Subscriber

OnOutcome = Callable[[EpisodeOutcome], object]


@dataclass(frozen=True)
class RunRules:
    """On what terms a policy drives, beside its level."""

    calls: HelpRules = field(default_factory=HelpRules)
    """When the policy asks for help while on call, and how often it may."""
    audited: float = AUDITED_SHARE
    """Share of the autonomous episodes that the operator watches."""
    operator: MakeOperator = SimulatedOperator
    """Makes who drives, for the session's world and level."""
    ladder: bool = False
    """Whether the episodes are evidence: a policy that loses the level stops driving at once."""
    on_change: Callable[[LevelChange], object] = lambda _: None
    """Called with every change of level."""
    relieved: Callable[[], bool] = lambda: False
    """Asked after every episode whether a policy switch is due: the run ends there."""


@dataclass(frozen=True)
class DriveReport:
    """Totals of a run of episodes."""

    episodes: int
    successes: int
    human_steps: int
    policy_steps: int
    takeovers: int
    level: str

    @property
    def label(self) -> str:
        """For the operator."""
        return (
            f"{self.successes} of {self.episodes} episodes succeeded; "
            f"human {self.human_steps} steps, policy {self.policy_steps} steps, "
            f"{self.takeovers} takeovers"
        )

    @classmethod
    def of(cls, outcomes: Sequence[EpisodeOutcome], level: Level) -> "DriveReport":
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
        """The sum of several runs; the level is the last one's."""
        names = [field.name for field in fields(cls) if field.name != "level"]
        counts = {name: sum(getattr(leg, name) for leg in legs) for name in names}
        return cls(**counts, level=legs[-1].level)


def drive_simulated(
    workspace: Workspace,
    level: Level,
    seeds: Iterable[int],
    policy_id: str | None = None,
    round_number: int = 0,
    on_outcome: OnOutcome = lambda _: None,
    rules: RunRules | None = None,
    runner: PolicyRunner | None = None,
) -> DriveReport:
    """Record one episode for each seed at a level; enter the effort in the ledger.

    `runner` takes the place of the policy's own, as when a test spoils it.
    """
    rules = rules or RunRules()
    assignment = headless_assignment(workspace, level, policy_id, rules.calls, runner)
    return _drive(workspace, assignment, seeds, round_number, on_outcome, rules)


def headless_assignment(
    workspace: Workspace,
    level: Level,
    policy_id: str | None,
    rules: HelpRules,
    runner: PolicyRunner | None = None,
) -> Assignment:
    """The policy, the one that drives unless named; not loaded at levels that do without one.

    A `runner` that is given drives under the name `policy_id`, whatever the workspace has.
    """
    if level not in NEEDS_POLICY:
        return Assignment(level, policy_id, monitor=HelpMonitor(rules))
    if runner is None or policy_id is None:
        policy_id = PolicyStore(workspace.policies_dir).choose(policy_id).policy_id
    return assignment_of(workspace, level, policy_id, rules, runner)


def _drive(
    workspace: Workspace,
    assignment: Assignment,
    seeds: Iterable[int],
    round_number: int,
    on_outcome: OnOutcome,
    rules: RunRules,
) -> DriveReport:
    level, policy_id = assignment.level, assignment.policy_id
    driven = assignment if level in NEEDS_POLICY else Assignment(level)
    evidence = _Evidence(workspace, driven, rules)
    effort = EffortLedger(
        audit_sampler(rules.audited),
        database=Database(workspace.db_path),
        round_number=round_number,
        policy_of=lambda _: policy_id,
    )

    def device(env: TaskWorld) -> InputDevice:
        require_person(env, level, "without a window")
        return rules.operator(env, level)

    with recorded_session(
        workspace,
        device,
        driven,
        [effort, *evidence.listeners],
        LIMITS_WHEN_CORRECTED if _is_corrected(level) else 1,
    ) as session:
        outcomes = _run(session, seeds, on_outcome, evidence, rules.relieved)
    effort.enter()
    return DriveReport.of(outcomes, level)


class _Evidence:
    """Records evidence where the rules ask for it; `lost` once the policy was demoted."""

    def __init__(self, workspace: Workspace, assignment: Assignment, rules: RunRules) -> None:
        self.level, self._rules, self.lost = assignment.level, rules, False
        self.listeners: list[Subscriber] = []
        if rules.ladder and assignment.policy_id is not None:
            ladder_store, audited = LadderStore(workspace), audit_sampler(rules.audited)
            self.listeners.append(EvidenceRecorder(ladder_store, audited, self._note_change))

    def _note_change(self, change: LevelChange) -> None:
        self.lost |= change.why is ChangeReason.DEMOTED and change.after < self.level
        self._rules.on_change(change)


def _is_corrected(level: Level) -> bool:
    return supervises(level) and level is not Level.AUTONOMOUS


def _run(
    session: Session,
    seeds: Iterable[int],
    on_outcome: OnOutcome,
    evidence: _Evidence,
    switch_due: Callable[[], bool],
) -> list[EpisodeOutcome]:
    """Drive the seeds in their order, until the level is lost or a policy switch is due."""
    outcomes = []
    for seed in seeds:
        outcomes.append(session.run_episode(seed))
        on_outcome(outcomes[-1])
        if evidence.lost or switch_due():
            break
    return outcomes


def drive_with_switches(
    workspace: Workspace,
    assignment: Assignment,
    active_policy: ActivePolicy,
    seeds: Iterable[int],
    on_outcome: OnOutcome = lambda _: None,
    rules: RunRules | None = None,
    on_switch: Callable[[PolicySwitch], object] = lambda _: None,
) -> DriveReport:
    """Drive the seeds with the simulated operator, each with the policy that is active by then.

    Each policy's run has its own entry in the ledger. A level that is lost ends the run.
    """
    left, waiting = deque(seeds), False
    legs: list[DriveReport] = []

    def on_end(outcome: EpisodeOutcome) -> None:
        left.popleft()
        active_policy.episode_over()
        on_outcome(outcome)

    def switch_due() -> bool:
        nonlocal waiting
        waiting = active_policy.waiting(assignment)
        return waiting

    rules = replace(rules or RunRules(), relieved=switch_due)
    while left:
        policy_switch = active_policy.next_switch(assignment)
        if policy_switch is not None:
            assignment = policy_switch.assignment
            on_switch(policy_switch)
        elif legs and not waiting:
            break
        legs.append(_drive(workspace, assignment, tuple(left), 0, on_end, rules))
    return DriveReport.together(legs)
