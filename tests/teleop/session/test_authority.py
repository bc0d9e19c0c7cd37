"""These tests check the laws of `Authority` and `blend` on random sequences of events."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.datasets.step import ActionMode, Driver, Level
from sidestick.sim_envs.errors import SidestickError
from sidestick.sim_envs.worlds.arm_spec import ARM_ACTION
from sidestick.teleop.session.authority import Authority, Decision
from sidestick.teleop.session.blending import LARGEST_SHARE, blend
from sidestick.teleop.session.command import Command
from sidestick.teleop.session.levels import (
    DRIVERS,
    STATE_BY_LEVEL,
    SWITCHES,
    Clutch,
    ControlState,
    Switch,
    level_named,
    name,
    supervises,
)

HUMAN = np.array([0.5, 0.1, 0, 0, 0.2, 0, -1], np.float32)
AGREEING = np.array([0.4, 0.3, 0, 0, 0.6, 0, 1], np.float32)
OPPOSED = -HUMAN
BROKEN = np.full(7, np.nan, np.float32)
ANSWERS = {"agrees": AGREEING, "opposed": OPPOSED, "missing": None, "broken": BROKEN}
OPERATOR_ACTIONS = {"steady": HUMAN, "broken": BROKEN}
RANDOM_SESSIONS, TICKS_OF_ONE = 10_000, 12

Event = tuple[bool, bool, str, str, float, bool]
"""Clutch, device alive, the policy's answer, the operator's action, novelty, the policy asks."""

events = st.lists(
    st.tuples(
        st.booleans(),
        st.booleans(),
        st.sampled_from(sorted(ANSWERS)),
        st.sampled_from(["steady", "steady", "steady", "broken"]),
        st.sampled_from([0.0, 0.4, 1.0, math.nan]),
        st.booleans(),
    ),
    min_size=1,
    max_size=60,
)
levels = st.sampled_from(Level)


def decide(authority: Authority, event: Event) -> Decision:
    clutch, alive, answer, stick, novelty, asks = event
    command = Command(OPERATOR_ACTIONS[stick], clutch=clutch, alive=alive)
    return authority.decide(command, ANSWERS[answer], novelty, asks)


def command(clutch: bool, alive: bool = True) -> Command:
    return Command(HUMAN, clutch=clutch, alive=alive)


def assert_the_operator_decides(level: Level, event: Event, decision: Decision) -> None:
    """Check what a held clutch means, on that very tick."""
    _, _, answer, _, _, _ = event
    assert decision.driver in (Driver.HUMAN, Driver.BLEND)
    assert decision.action[6] == HUMAN[6]
    if level is not Level.ASSIST or answer != "agrees":
        np.testing.assert_array_equal(decision.action, HUMAN)
        assert decision.share == 0.0
    for part in ARM_ACTION.parts:
        assert float(decision.action[part] @ HUMAN[part]) > 0
    assert (decision.driver is Driver.BLEND) <= (level is Level.ASSIST)


@given(levels, events)
def test_a_held_clutch_means_the_operators_action_on_that_very_tick(
    level: Level, events: list[Event]
) -> None:
    """From any state, after any sequence of events, at every level, whatever the policy does."""
    authority = Authority(level)
    for event in events:
        decision = decide(authority, event)
        clutch, alive, _, stick, _, _ = event
        if clutch and alive and stick == "steady":
            assert_the_operator_decides(level, event, decision)


def test_ten_thousand_random_sessions_give_control_on_the_tick() -> None:
    """Every closed clutch of 10,000 sessions at all levels is obeyed on its own tick."""
    rng, takeovers, requests = random.Random(0), 0, 0
    answers = sorted(ANSWERS)
    for session in range(RANDOM_SESSIONS):
        level = Level(session % len(Level))
        authority = Authority(level)
        for _ in range(TICKS_OF_ONE):
            before = authority.state
            asks = rng.random() < 0.1
            event = (rng.random() < 0.4, True, rng.choice(answers), "steady", rng.random(), asks)
            decision = decide(authority, event)
            if event[0]:
                assert_the_operator_decides(level, event, decision)
            if decision.state is not before:
                assert decision.switch is SWITCHES[before, decision.state]
            takeovers += decision.switch in (Switch.TAKEOVER, Switch.ANSWERED)
            requests += decision.switch is Switch.ASKED
    assert takeovers > RANDOM_SESSIONS / 2
    assert requests > RANDOM_SESSIONS / 20


@given(levels, events)
def test_nothing_unusable_is_ever_executed(level: Level, events: list[Event]) -> None:
    """With a policy that is missing or not finite, or a dead device, the arm holds still."""
    authority = Authority(level)
    for event in events:
        decision = decide(authority, event)
        clutch, alive, answer, stick, _, _ = event
        assert np.isfinite(decision.action).all()
        no_policy = answer in ("missing", "broken")
        if not alive or (not clutch and no_policy) or (clutch and stick == "broken"):
            assert decision.driver is Driver.NOBODY
            assert not decision.action.any()
            assert math.isnan(decision.share)


@given(levels, events)
def test_no_switch_happens_outside_the_table(level: Level, events: list[Event]) -> None:
    """Every change of state is in the table; the target is re-seated at every switch."""
    authority, before = Authority(level), ControlState.RESTING
    for event in events:
        decision = decide(authority, event)
        if decision.state is before:
            assert decision.switch is None
        else:
            assert decision.switch is SWITCHES[before, decision.state]
        assert decision.driver is DRIVERS[decision.state]
        assert decision.reseat == (decision.switch is not None)
        before = decision.state


@given(levels, events)
def test_a_level_knows_its_own_states_alone(level: Level, events: list[Event]) -> None:
    """A policy drives alone from supervised on, blends at assist, asks for help at on-call."""
    authority = Authority(level)
    for event in events:
        state = decide(authority, event).state
        assert state is not ControlState.POLICY or supervises(level)
        assert state is not ControlState.BLEND or level is Level.ASSIST
        assert state is not ControlState.CALLING or level is Level.ON_CALL


@given(levels, events)
def test_takeovers_are_numbered_and_mark_interventions(level: Level, events: list[Event]) -> None:
    """Each takeover at a level where the policy drives has its own number."""
    authority, seen = Authority(level), []
    for event in events:
        decision = decide(authority, event)
        correcting = decision.driver is Driver.HUMAN and supervises(level)
        assert (decision.mode is ActionMode.INTERVENTION) == correcting
        assert (decision.takeover_id >= 0) == correcting
        if correcting and decision.switch is not None:
            seen.append(decision.takeover_id)
    assert seen == list(range(len(seen)))


@given(events)
def test_after_a_help_request_the_arm_waits_for_the_clutch(events: list[Event]) -> None:
    """Nothing moves, whatever the policy's answer, until the operator drives."""
    authority = Authority(Level.ON_CALL)
    authority.decide(command(False), AGREEING, asks=True)
    for event in events:
        decision = decide(authority, event)
        clutch, alive, _, stick, _, _ = event
        if clutch and alive and stick == "steady":
            assert decision.switch is Switch.ANSWERED
            return
        assert decision.state is ControlState.CALLING
        assert not decision.action.any()


def test_taking_over_and_giving_control_back_are_switches() -> None:
    """At supervised, each is named on its own tick."""
    authority = Authority(Level.SUPERVISED)
    authority.decide(command(False), AGREEING)
    assert authority.decide(command(True), AGREEING).switch is Switch.TAKEOVER
    assert authority.decide(command(False), AGREEING).switch is Switch.HAND_BACK


@pytest.mark.parametrize("level", [Level.DEMONSTRATE, Level.SHADOW, Level.ASSIST])
def test_below_supervised_a_released_clutch_rests(level: Level) -> None:
    """A loaded policy does not drive by itself, and every step is a demonstration."""
    decision = Authority(level).decide(command(False), AGREEING)
    assert decision.driver is Driver.NOBODY
    assert decision.mode is ActionMode.DEMONSTRATION


def test_at_shadow_the_policy_is_never_executed() -> None:
    """Its action is known, and the operator's is executed."""
    decision = Authority(Level.SHADOW).decide(command(True), AGREEING, novelty=0.0)
    np.testing.assert_array_equal(decision.action, HUMAN)
    assert (decision.driver, decision.share) == (Driver.HUMAN, 0.0)


def test_the_table_covers_every_level_and_clutch() -> None:
    """All six levels are named; a held clutch always lets the operator drive."""
    for level in Level:
        assert STATE_BY_LEVEL[level, Clutch.HELD] in (ControlState.HUMAN, ControlState.BLEND)
        assert (level, Clutch.RELEASED) in STATE_BY_LEVEL
        assert level_named(name(level)) is level


def test_an_unknown_level_is_refused_with_those_that_exist() -> None:
    """The error lists the names."""
    with pytest.raises(SidestickError, match="on-call"):
        level_named("oncall")


sticks = st.lists(st.floats(-1, 1, width=32), min_size=7, max_size=7).map(
    lambda values: np.array(values, np.float32)
)


@given(sticks, sticks, st.one_of(st.floats(-1, 2), st.just(math.nan)))
def test_a_blend_never_points_against_the_operator(
    human: np.ndarray, policy: np.ndarray, confidence: float
) -> None:
    """Translation and rotation keep to the operator's; on conflict or at rest they are equal."""
    action, share = blend(human, policy, confidence)
    assert 0.0 <= share <= 1.0
    assert np.abs(action).max() <= 1.0 + 1e-6
    assert action[6] == human[6]
    for part in ARM_ACTION.parts:
        same = float(human[part] @ policy[part])
        if same <= 0 or np.linalg.norm(human[part]) < 0.05:
            np.testing.assert_array_equal(action[part], human[part])
        human_part = float(np.linalg.norm(human[part]))
        assert float(action[part] @ human[part]) >= (1 - LARGEST_SHARE) * human_part**2 - 1e-6


def test_the_policys_share_grows_with_confidence_and_agreement() -> None:
    """It is largest when sure and alike, smaller when unsure or askew, 0 if unknown or opposed."""
    askew = np.array([0.1, 0.5, 0, 0, 0.2, 0, -1], np.float32)
    shares = [blend(HUMAN, HUMAN, confidence)[1] for confidence in (0.0, 0.5, 1.0)]
    assert shares == pytest.approx([0.0, 0.5 * LARGEST_SHARE, LARGEST_SHARE])
    assert 0 < blend(HUMAN, askew, 1.0)[1] < shares[-1]
    assert blend(HUMAN, OPPOSED, 1.0)[1] == 0.0
    assert blend(HUMAN, HUMAN, math.nan)[1] == 0.0
