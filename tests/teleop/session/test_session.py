"""These tests run sessions in a real scene with scripted devices and constant policies.

They check what each tick executes, records and passes to the subscribers.
"""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import sidestick.sim_envs
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.episode import Episode
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import ActionMode, Driver, Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.errors import BadValue, PolicyError
from sidestick.sim_envs.spaces import CONTROL_HZ, Observation
from sidestick.teleop.devices.simulated_operator import SimulatedOperator
from sidestick.teleop.evaluation.replay import verify
from sidestick.teleop.session import session as session_module
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.blending import LARGEST_SHARE
from sidestick.teleop.session.command import Command, Request, zero_action
from sidestick.teleop.session.device import NoOperator
from sidestick.teleop.session.help_requests import HelpMonitor, HelpReason, HelpRules
from sidestick.teleop.session.human_effort import EffortCounter, EffortLedger
from sidestick.teleop.session.levels import ControlState, Switch
from sidestick.teleop.session.pacing import RealTime
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.session.recording import DeferredRecording, Recording, episode_header
from sidestick.teleop.session.session import Session
from sidestick.teleop.session.subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick

CONFIG = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 2})
HUMAN = np.array([0, 0.3, 0, 0, 0, 0, -1], np.float32)
POLICY = np.array([0, -0.3, 0.1, 0, 0, 0, 1], np.float32)
DEMONSTRATE = Assignment(Level.DEMONSTRATE)


class Script:
    """A device that holds the clutch on the given ticks, and quits after the last."""

    name = "script"

    def __init__(self, clutch: list[bool]) -> None:
        self.clutch = clutch

    def begin(self, seed: int) -> None:
        self._ticks = iter(range(len(self.clutch)))

    def poll(self, driver: Driver) -> Command:
        tick = next(self._ticks)
        last = tick == len(self.clutch) - 1
        requests = frozenset({Request.QUIT}) if last else frozenset()
        return Command(HUMAN if self.clutch[tick] else zero_action(), self.clutch[tick], requests)


class Constant:
    """A policy that always gives the same action; it breaks after `lasts` plans."""

    chunk, execute = 4, 2

    def __init__(self, lasts: int = 1000) -> None:
        self.plans, self.lasts = 0, lasts
        self.action = POLICY

    def reset(self) -> None:
        """Do nothing: a reset does not repair it."""

    def plan(self, observation: Observation) -> Plan:
        self.plans += 1
        if self.plans > self.lasts:
            raise BadValue("plan", "finite actions", "NaN")
        actions = np.repeat(self.action[None], self.chunk, axis=0)
        return Plan(actions, np.zeros_like(actions), 0.25)


class Listener(Subscriber):
    """A subscriber that keeps all ticks and the outcome."""

    def __init__(self) -> None:
        self.ticks: list[Tick] = []
        self.jumps: list[float] = []

    def on_tick(self, tick: Tick) -> None:
        self.ticks.append(tick)

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        self.outcome = outcome


@pytest.fixture
def env() -> ArmEnv:
    return sidestick.sim_envs.make_task_env("ShelfPick", num_items=2)


def run(env: ArmEnv, clutch: list[bool], policy: Constant | None, level: Level) -> Listener:
    listener = Listener()
    assignment = Assignment(level, runner=PolicyRunner(policy) if policy else None)
    Session(env, Script(clutch), assignment, [listener]).run_episode(1)
    return listener


def test_a_takeover_is_executed_on_the_tick_on_which_the_clutch_closes(env: ArmEnv) -> None:
    """No tick of delay, in either direction; both actions are recorded on every tick."""
    clutch = [False, False, False, True, True, False, False, False]
    listener = run(env, clutch, Constant(), Level.SUPERVISED)
    for tick, held in zip(listener.ticks, clutch, strict=True):
        wanted = HUMAN if held else POLICY
        np.testing.assert_array_equal(tick.step.action, wanted)
        np.testing.assert_array_equal(tick.step.policy_action, POLICY)
        assert (tick.step.human_action is not None) == held
        mode = ActionMode.INTERVENTION if held else ActionMode.ROLLOUT
        assert tick.step.action_mode == mode
    assert listener.outcome.takeovers == 1
    assert listener.outcome.human_steps == 2


def test_the_target_is_reseated_exactly_at_changes_of_driver(env: ArmEnv) -> None:
    """There is no jump: whoever begins to drive starts from the measured pose."""
    clutch = [False, False, True, True, False, False]
    listener = run(env, clutch, Constant(), Level.SUPERVISED)
    reseats = [tick.step.reseat for tick in listener.ticks]
    assert reseats == [True, False, True, False, True, False]


def test_without_the_clutch_a_demonstrator_holds_still(env: ArmEnv) -> None:
    """Releasing the clutch stops the arm; nobody drives."""
    listener = run(env, [True, False, False], None, Level.DEMONSTRATE)
    assert [tick.step.driver for tick in listener.ticks] == [
        Driver.HUMAN,
        Driver.NOBODY,
        Driver.NOBODY,
    ]
    assert not listener.ticks[-1].step.action.any()


def test_a_policy_that_breaks_stops_the_arm_and_not_the_session(env: ArmEnv) -> None:
    """On a plan that is not finite the arm holds still, and the episode goes on."""
    listener = run(env, [False] * 8, Constant(lasts=2), Level.SUPERVISED)
    drivers = [tick.step.driver for tick in listener.ticks]
    assert drivers == [Driver.POLICY] * 4 + [Driver.NOBODY] * 4


def test_a_policy_is_asked_again_only_when_its_actions_are_used_up(env: ArmEnv) -> None:
    """Two of four planned actions are executed, then a new plan is made."""
    policy = Constant()
    run(env, [False] * 8, policy, Level.SUPERVISED)
    assert policy.plans == 4


def test_a_level_without_what_it_needs_is_refused(env: ArmEnv) -> None:
    """Supervised needs a policy; the error comes before anything moves."""
    with pytest.raises(PolicyError, match="needs a policy"):
        Session(env, NoOperator(), Assignment(Level.SUPERVISED))


def test_at_shadow_both_actions_are_recorded_and_the_operator_drives(env: ArmEnv) -> None:
    """The policy is asked on every tick, and moves nothing."""
    listener = run(env, [True, True, False, True], Constant(), Level.SHADOW)
    for tick, held in zip(listener.ticks, [True, True, False, True], strict=True):
        np.testing.assert_array_equal(tick.step.action, HUMAN if held else zero_action())
        np.testing.assert_array_equal(tick.step.policy_action, POLICY)
        assert tick.step.action_mode == ActionMode.DEMONSTRATION
    assert (listener.outcome.policy_steps, listener.outcome.takeovers) == (0, 0)


def test_with_assist_both_drive_and_the_shares_can_be_read_back(env: ArmEnv) -> None:
    """The executed action lies between the two that are recorded beside it."""
    agreeing = Constant()
    agreeing.action = np.array([0, 0.5, 0, 0, 0, 0, 1], np.float32)
    listener = run(env, [True, True, False, True], agreeing, Level.ASSIST)
    drivers = [tick.step.driver for tick in listener.ticks]
    assert drivers == [Driver.BLEND, Driver.BLEND, Driver.NOBODY, Driver.BLEND]
    share = 0.75 * LARGEST_SHARE  # the policy's novelty is 0.25
    step = listener.ticks[0].step
    assert step.action[1] == pytest.approx((1 - share) * 0.3 + share * 0.5)
    assert step.action[6] == HUMAN[6]
    assert listener.ticks[0].share == pytest.approx(share * 0.5 / (share * 0.5 + (1 - share) * 0.3))
    assert listener.outcome.human_steps == 4


def test_a_policy_at_on_call_asks_and_waits_for_the_clutch(env: ArmEnv) -> None:
    """After five ticks in a novel scene the arm holds still until the operator drives."""
    rules = HelpRules(novelty=0.2, familiar=0.1, budget=1)
    clutch = [False] * 8 + [True, True, False, False]
    listener, monitor = Listener(), HelpMonitor(rules)
    assignment = Assignment(Level.ON_CALL, runner=PolicyRunner(Constant()), monitor=monitor)
    session = Session(env, Script(clutch), assignment, [listener])
    outcome = session.run_episode(1)
    states = [tick.state for tick in listener.ticks]
    assert states[:8] == [ControlState.POLICY] * 4 + [ControlState.CALLING] * 4
    assert states[8:] == [ControlState.HUMAN] * 2 + [ControlState.POLICY] * 2
    assert [tick.asked for tick in listener.ticks if tick.asked] == [HelpReason.NEW]
    assert listener.ticks[8].switch is Switch.ANSWERED
    assert not any(tick.step.action.any() for tick in listener.ticks[4:8])
    assert (outcome.requests, outcome.waiting_steps, outcome.takeovers) == (1, 4, 1)
    assert (outcome.human_steps, outcome.policy_steps) == (2, 6)
    assert monitor.left == 0


def test_help_that_never_comes_ends_the_episode(
    env: ArmEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A help request without an answer ends the episode; waiting is no driving time."""
    monkeypatch.setattr(session_module, "HELP_TIMEOUT_S", 4.0)
    monitor = HelpMonitor(HelpRules(overdue_s=0.2))
    assignment = Assignment(Level.ON_CALL, runner=PolicyRunner(Constant()), monitor=monitor)
    session = Session(env, NoOperator(), assignment, max_steps=50)
    outcome = session.run_episode(1)
    assert not outcome.success
    assert outcome.waiting_steps == 4 * CONTROL_HZ


@pytest.mark.parametrize("level", Level)
def test_the_target_jumps_less_than_a_millimetre_at_any_change_of_driver(level: Level) -> None:
    """The driver changes at random for 120 ticks; re-seating barely moves the target."""
    env = sidestick.sim_envs.make_task_env("ShelfPick", num_items=2, image_size=32)
    rng = np.random.default_rng(3)
    clutch = np.repeat(rng.random(30) < 0.5, 4).tolist()
    session = Session(env, Script(clutch), Assignment(level, runner=PolicyRunner(Constant())))
    running, jumps = session.prepare(5), []
    reseat = env.arm.reseat

    def watched() -> None:
        before = env.arm.controller.target_pos
        reseat()
        jumps.append(float(np.linalg.norm(env.arm.controller.target_pos - before)))

    env.arm.reseat = watched  # type: ignore[method-assign]
    while not running.over:
        running.tick()
    assert len(jumps) > 10
    assert max(jumps) < 0.001


def test_a_recorded_episode_with_takeovers_replays_to_the_last_bit(
    env: ArmEnv, tmp_path: Path
) -> None:
    """Seed and actions are enough to simulate every stored state again."""
    workspace = Workspace.create(
        tmp_path / "ws", WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 2})
    )
    clutch = [False] * 10 + [True] * 6 + [False] * 9 + [True] * 5 + [False] * 4
    with Recorder(workspace) as recorder:
        assignment = Assignment(Level.SUPERVISED, "0001", PolicyRunner(Constant()))
        Session(env, Script(clutch), assignment, [Recording(recorder)]).run_episode(3)
        (path,) = recorder.wait()
    episode = Episode.read(path)
    assert len(episode) == len(clutch)
    assert episode.summary.takeovers == 2
    verdict = verify(episode)
    assert verdict.identical
    assert verdict.max_state_error == 0.0
    assert verdict.first_divergence is None
    assert verdict.steps == len(clutch) + 1


def test_a_changed_action_is_found_at_its_step(env: ArmEnv) -> None:
    """The check can fail: one wrong action shows in the very next state."""
    listener = run(env, [True] * 12, None, Level.DEMONSTRATE)
    steps = [tick.step for tick in listener.ticks]
    header = episode_header(EpisodeContext(env, 1, "script", DEMONSTRATE))
    header = replace(header, env_args={"env_kwargs": env.env_kwargs})
    episode = Episode.of_steps(header, steps, success=False)
    assert verify(episode).identical
    episode.actions[5, 1] += 0.2
    verdict = verify(episode)
    assert not verdict.identical
    assert verdict.first_divergence == 6
    assert verdict.max_state_error > 0


def test_a_deferred_episode_is_recorded_only_when_it_succeeds(env: ArmEnv, tmp_path: Path) -> None:
    """Autonomous practice records its successes and nothing else."""
    workspace = Workspace.create(
        tmp_path / "ws", WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 2})
    )
    operator = SimulatedOperator(env, Level.DEMONSTRATE)
    with Recorder(workspace) as recorder:
        deferred = DeferredRecording(recorder)
        Session(env, Script([True] * 5), DEMONSTRATE, [deferred]).run_episode(0)
        assert recorder.wait() == []
        outcome = Session(env, operator, DEMONSTRATE, [deferred]).run_episode(0)
        assert outcome.success
        assert len(recorder.wait()) == 1


def test_the_simulated_operator_is_the_same_person_for_the_same_seed(env: ArmEnv) -> None:
    """Noise, pauses and pace come from the seed alone."""
    outcomes = []
    for _ in range(2):
        operator = SimulatedOperator(env, Level.DEMONSTRATE)
        listener = Listener()
        Session(env, operator, DEMONSTRATE, [listener]).run_episode(4)
        outcomes.append(np.array([tick.step.action for tick in listener.ticks]))
    np.testing.assert_array_equal(outcomes[0], outcomes[1])


def test_a_simulated_operator_at_on_call_follows_the_session_by_itself(env: ArmEnv) -> None:
    """A device that is a subscriber is notified without registration, and answers the request."""
    monitor, listener = HelpMonitor(HelpRules(overdue_s=0.5)), Listener()
    assignment = Assignment(Level.ON_CALL, runner=PolicyRunner(Constant()), monitor=monitor)
    operator = SimulatedOperator(env, Level.ON_CALL)
    Session(env, operator, assignment, [listener], max_steps=80).run_episode(2)
    states = [tick.state for tick in listener.ticks]
    assert ControlState.CALLING in states
    assert ControlState.HUMAN in states[states.index(ControlState.CALLING) :]


def test_another_assignment_counts_from_the_next_episode_on(env: ArmEnv) -> None:
    """The running one keeps its level and its policy; every subscriber is notified."""
    changes: list[tuple[Assignment, Assignment]] = []
    levels: list[Level] = []

    class Assigned(Subscriber):
        def on_assign(self, before: Assignment, after: Assignment) -> None:
            changes.append((before, after))

        def on_begin(self, context: EpisodeContext) -> None:
            levels.append(context.assignment.level)

    first = Assignment(Level.SUPERVISED, "0001", PolicyRunner(Constant()))
    session = Session(env, Script([False] * 6), first, [Assigned()])
    episode = session.prepare(1)
    episode.begin()
    session.assign(first.at(Level.SHADOW))
    assert episode.tick().step.level is Level.SUPERVISED
    session.prepare(1).begin()
    assert levels == [Level.SUPERVISED, Level.SHADOW]
    assert changes == [(first, session.assignment)]


def test_every_level_and_policy_has_its_own_entry_in_the_ledger(
    env: ArmEnv, tmp_path: Path
) -> None:
    """An entry ends when another level or policy is assigned; the same again goes on with it."""
    ledger = EffortLedger(database=Database(tmp_path / "ledger.db"))
    first = Assignment(Level.SUPERVISED, "0001", PolicyRunner(Constant()))
    whole = EffortCounter()
    session = Session(env, Script([False] * 12), first, [ledger, whole], max_steps=2)
    for assignment in (first, first, first.at(Level.ON_CALL), first.at(Level.SHADOW)):
        session.assign(assignment)
        session.run_episode(1)
    session.assign(replace(first.at(Level.SHADOW), policy_id="0002"))
    efforts = ledger.database.efforts()
    found = [(e.kind, e.payload["policy"], e.episodes, e.payload["begun"]) for e in efforts]
    assert found == [
        ("supervised", "0001", 2, 2),
        ("on-call", "0001", 1, 0),
        ("shadow", "0001", 1, 1),
    ]
    seconds = [(e.driven_s, e.watched_s, e.payload["steps_policy"]) for e in efforts]
    assert seconds == [(0.0, 0.2, 4), (0.0, 0.0, 2), (0.1, 0.0, 0)]
    total = whole.entry(first.level, 0, None)
    assert (total.driven_s, total.watched_s) == tuple(sum(s[i] for s in seconds) for i in (0, 1))
    begun = [event.payload for event in ledger.database.events(EventKind.DRIVING)]
    for effort in efforts:
        of_it = [payload for payload in begun if payload["run"] == effort.payload["counted"][0]]
        assert [payload["episode"] for payload in of_it] == effort.payload["counted"]
        assert {payload["kind"] for payload in of_it} == {effort.kind}
    ledger.enter()
    assert len(ledger.database.efforts()) == 3


def test_an_episode_is_counted_at_the_level_at_which_it_began(env: ArmEnv, tmp_path: Path) -> None:
    """A level that is assigned while it runs is for the next one, if there is a next one."""
    ledger = EffortLedger(database=Database(tmp_path / "ledger.db"))
    first = Assignment(Level.SUPERVISED, "0001", PolicyRunner(Constant()))
    session = Session(env, Script([False] * 12), first, [ledger])
    for level in (Level.ON_CALL, Level.SHADOW):
        episode = session.prepare(1)
        episode.begin()
        episode.tick()
        session.assign(first.at(level))
        episode.tick()
        episode.end(True)
    ledger.enter()
    efforts = ledger.database.efforts()
    assert [(e.kind, e.watched_s, e.payload["steps_policy"]) for e in efforts] == [
        ("supervised", 0.1, 2),
        ("on-call", 0.0, 2),
    ]


def test_discarded_minutes_are_minutes(env: ArmEnv, tmp_path: Path) -> None:
    """A sitting of discarded episodes has its seconds in the ledger, and no episodes."""
    ledger = EffortLedger(database=Database(tmp_path / "ledger.db"))
    session = Session(env, Script([True] * 6), Assignment(Level.DEMONSTRATE), [ledger])
    for steps in (4, 0):
        episode = session.prepare(1)
        episode.begin()
        for _ in range(steps):
            episode.tick()
        episode.end(False, discarded=True)
    ledger.enter()
    (effort,) = ledger.database.efforts()
    assert (effort.driven_s, effort.episodes) == (0.2, 0)
    assert (effort.payload["begun"], effort.payload["verdicts"]) == (1, 1)


def test_the_simulated_operator_takes_over_from_a_policy_that_stalls_and_lets_go(
    env: ArmEnv,
) -> None:
    """It watches, drives until the fault is corrected, and gives control back."""
    listener = Listener()
    operator = SimulatedOperator(env, Level.SUPERVISED)
    assignment = Assignment(Level.SUPERVISED, runner=PolicyRunner(Constant()))
    Session(env, operator, assignment, [listener]).run_episode(2)
    drivers = [tick.step.driver for tick in listener.ticks]
    spells = [driver for driver, _ in itertools.groupby(drivers)]
    assert spells[:3] == [Driver.POLICY, Driver.HUMAN, Driver.POLICY]
    assert drivers.index(Driver.HUMAN) > 40


def test_deadlines_count_from_the_start_and_shift_when_a_tick_is_missed() -> None:
    """Small delays are caught up; a long one slows simulated time instead of a burst of ticks."""
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = RealTime(20, clock=lambda: now[0], sleep=sleep)
    pace.begin()
    now[0] += 0.01
    assert pace.wait() == 0.0
    now[0] += 0.06
    assert pace.wait() == pytest.approx(10.0)
    now[0] += 0.50
    assert pace.wait() == pytest.approx(460.0)
    assert pace.wait() == pytest.approx(0.0)
    assert slept == pytest.approx([0.04, 0.05])


def test_arms_in_step_tick_at_the_same_moments() -> None:
    """Whenever each began, and after it was late; none ticks twice in a period."""
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    paces = [RealTime(20, clock=lambda: now[0], sleep=sleep) for _ in range(2)]
    for pace, later in zip(paces, (0.013, 0.161), strict=True):
        now[0] += later
        pace.in_step = True
        pace.begin()
    while paces[0].ahead_s() < -0.01:
        paces[0].wait()
    periods = list[int]()
    for busy in (0.0, 0.02, 0.13, 0.0):
        now[0] += busy
        assert paces[0].ahead_s() == pytest.approx(paces[1].ahead_s())
        for pace in paces:
            pace.wait()
        periods.append(int(20 * now[0] + 0.01))
    assert periods == sorted(set(periods))
