"""Who drives: the laws of the state machine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.datasets.step import ActionMode, Driver, Level
from sidestick.sim_envs.errors import SidestickError
from sidestick.teleop.authority import (
    DRIVER_BY_LEVEL,
    SWITCHES,
    WORKING_LEVELS,
    Authority,
    Clutch,
    Switch,
    level_named,
    name,
)
from sidestick.teleop.command import Command

HUMAN = np.full(7, 0.5, np.float32)
POLICY = np.full(7, -0.5, np.float32)
BROKEN = np.full(7, np.nan, np.float32)

ticks = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sampled_from(["fine", "missing", "broken"])),
    min_size=1,
    max_size=60,
)
levels = st.sampled_from(WORKING_LEVELS)


def command(clutch: bool, alive: bool = True, action: np.ndarray = HUMAN) -> Command:
    return Command(action, clutch=clutch, alive=alive)


def answer(kind: str) -> np.ndarray | None:
    return {"fine": POLICY, "missing": None, "broken": BROKEN}[kind]


@given(levels, ticks)
def test_a_held_clutch_means_the_humans_action_on_that_very_tick(
    level: Level, events: list[tuple[bool, bool, str]]
) -> None:
    """From any state, after any sequence of events, whatever the policy does."""
    authority = Authority(level)
    for clutch, alive, kind in events:
        decision = authority.decide(command(clutch, alive), answer(kind))
        if clutch and alive:
            assert decision.driver is Driver.HUMAN
            np.testing.assert_array_equal(decision.action, HUMAN)


@given(levels, ticks)
def test_nothing_unusable_is_ever_executed(
    level: Level, events: list[tuple[bool, bool, str]]
) -> None:
    """A policy that is missing, late or not finite, or a dead device, means hold still."""
    authority = Authority(level)
    for clutch, alive, kind in events:
        decision = authority.decide(command(clutch, alive), answer(kind))
        assert np.isfinite(decision.action).all()
        if not alive or (not clutch and kind != "fine"):
            assert decision.driver is Driver.NOBODY
            assert not decision.action.any()


@given(levels, ticks)
def test_no_switch_happens_outside_the_table(
    level: Level, events: list[tuple[bool, bool, str]]
) -> None:
    """Every change of driver is a switch of the table, and re-seats the target."""
    authority, before = Authority(level), Driver.NOBODY
    for clutch, alive, kind in events:
        decision = authority.decide(command(clutch, alive), answer(kind))
        assert decision.switch is SWITCHES.get((before, decision.driver))
        assert decision.reseat == (before is not decision.driver)
        before = decision.driver


@given(ticks)
def test_takeovers_are_numbered_and_mark_interventions(
    events: list[tuple[bool, bool, str]],
) -> None:
    """Each spell of human driving at a supervised level has its own number."""
    authority, seen = Authority(Level.SUPERVISED), []
    for clutch, alive, kind in events:
        decision = authority.decide(command(clutch, alive), answer(kind))
        human = decision.driver is Driver.HUMAN
        assert (decision.mode is ActionMode.INTERVENTION) == human
        assert (decision.takeover_id >= 0) == human
        if human and (not seen or decision.switch is not None):
            seen.append(decision.takeover_id)
    assert seen == list(range(len(seen)))


def test_taking_over_and_handing_back_are_named() -> None:
    """The two switches that people care about."""
    authority = Authority(Level.SUPERVISED)
    authority.decide(command(False), POLICY)
    assert authority.decide(command(True), POLICY).switch is Switch.TAKEOVER
    assert authority.decide(command(False), POLICY).switch is Switch.HAND_BACK


def test_demonstrating_never_lets_the_policy_drive() -> None:
    """At the lowest level a released clutch means hold still, even with a policy loaded."""
    decision = Authority(Level.DEMONSTRATE).decide(command(False), POLICY)
    assert decision.driver is Driver.NOBODY
    assert decision.mode is ActionMode.DEMONSTRATION


def test_the_table_covers_every_level_and_clutch() -> None:
    """All six levels are named; a held clutch always means the human."""
    for level in Level:
        assert DRIVER_BY_LEVEL[level, Clutch.HELD] is Driver.HUMAN
        assert (level, Clutch.RELEASED) in DRIVER_BY_LEVEL
        assert level_named(name(level)) is level


def test_an_unknown_level_is_refused_with_those_that_exist() -> None:
    """A typo is answered with the list."""
    with pytest.raises(SidestickError, match="on-call"):
        level_named("oncall")
