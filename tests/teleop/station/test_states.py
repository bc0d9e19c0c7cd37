"""The flow of the seat is a table; these are its laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.teleop.session.command import Request
from sidestick.teleop.station.states import (
    HOLDS_EPISODE,
    MOVES,
    TICKING,
    Effect,
    Event,
    State,
    moved,
)

SIGNALS = [*Request, *Event]
ENDS = {Effect.SAVE_SUCCESS, Effect.SAVE_FAILURE, Effect.SAVE_OFFERED, Effect.KEEP, Effect.DROP}


@given(st.lists(st.sampled_from(SIGNALS), max_size=60))
def test_no_episode_is_ever_lost_or_begun_twice(signals: list[Request | Event]) -> None:
    """Whatever is pressed in whatever order: each begun episode ends exactly once."""
    state, running = State.READY, False
    for signal in signals:
        move = moved(state, signal)
        if move is None:
            continue
        for effect in move.effects:
            if signal is Event.REFUSED:
                running = False
            if effect is Effect.BEGIN:
                assert not running
                running = True
            elif effect in ENDS:
                assert running
                running = False
        running = running and signal is not Event.REFUSED
        state = move.state
        assert running == (state in HOLDS_EPISODE)


@pytest.mark.parametrize("state", [state for state in State if state is not State.CLOSED])
def test_every_state_can_be_left_for_good(state: State) -> None:
    """QUIT works everywhere."""
    move = moved(state, Request.QUIT)
    assert move is not None
    assert move.state is State.CLOSED


def test_nothing_leaves_the_closed_seat() -> None:
    """Closed is closed."""
    assert all(state is not State.CLOSED for state, _ in MOVES)


def test_a_loss_stops_the_recording_clock() -> None:
    """Hands that cannot be trusted pause an episode that runs."""
    assert moved(State.RECORDING, Event.LOST) == (State.PAUSED, ())
    assert State.PAUSED not in TICKING
