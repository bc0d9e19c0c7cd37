"""These tests check laws of the window's transition table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.teleop.session.command import Request
from sidestick.teleop.station.states import (
    HOLDS_EPISODE,
    TICKING,
    TRANSITIONS,
    WindowEffect,
    WindowEvent,
    WindowState,
    transition,
)

SIGNALS = [*Request, *WindowEvent]
ENDS = {
    WindowEffect.SAVE_SUCCESS,
    WindowEffect.SAVE_FAILURE,
    WindowEffect.SAVE_OFFERED,
    WindowEffect.KEEP,
    WindowEffect.DROP,
}


@given(st.lists(st.sampled_from(SIGNALS), max_size=60))
def test_no_episode_is_ever_lost_or_begun_twice(signals: list[Request | WindowEvent]) -> None:
    """Whatever is pressed in whatever order: each begun episode ends exactly once."""
    state, running = WindowState.READY, False
    for signal in signals:
        move = transition(state, signal)
        if move is None:
            continue
        for effect in move.effects:
            if signal is WindowEvent.REFUSED:
                running = False
            if effect is WindowEffect.BEGIN:
                assert not running
                running = True
            elif effect in ENDS:
                assert running
                running = False
        running = running and signal is not WindowEvent.REFUSED
        state = move.state
        assert running == (state in HOLDS_EPISODE)


@pytest.mark.parametrize(
    "state", [state for state in WindowState if state is not WindowState.CLOSED]
)
def test_every_state_can_be_left_for_good(state: WindowState) -> None:
    """QUIT works everywhere."""
    move = transition(state, Request.QUIT)
    assert move is not None
    assert move.state is WindowState.CLOSED


def test_nothing_leaves_the_closed_window() -> None:
    """The table has no entry for the state CLOSED."""
    assert all(state is not WindowState.CLOSED for state, _ in TRANSITIONS)


def test_a_loss_stops_the_recording_clock() -> None:
    """Devices that cannot be trusted pause a running episode."""
    assert transition(WindowState.RECORDING, WindowEvent.LOST) == (WindowState.PAUSED, ())
    assert WindowState.PAUSED not in TICKING
