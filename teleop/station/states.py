"""The seat's flow: which state follows what, and what must be done on the way; a pure table."""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from ..session.command import Request


class State(Enum):
    """What the operator's seat is doing."""

    LESSON = "lesson"
    READY = "ready"
    RECORDING = "recording"
    PAUSED = "paused"
    REWINDING = "rewinding"
    VERDICT = "verdict"
    DISCARDED = "discarded"
    FREE = "free drive"
    CLOSED = "closed"


class Event(Enum):
    """What happens to the session without being asked for."""

    SUCCEEDED = "the task is solved"
    TIMED_OUT = "the episode took too long"
    LOST = "the hands cannot be trusted"
    ACCEPTED = "nobody objected to the verdict that was offered"
    LEARNT = "the lesson is over"
    REFUSED = "recording could not begin"
    BROKEN = "recording cannot go on"


class Effect(Enum):
    """What has to be done, in this order, when a state is left for another."""

    BEGIN = "begin the episode and its recording"
    RESET = "lay the same scene again"
    NEXT = "lay the next scene"
    SAVE_SUCCESS = "end the episode as a success"
    SAVE_FAILURE = "end the episode as a failure"
    SAVE_OFFERED = "end the episode with the verdict that was offered"
    KEEP = "end the episode as incomplete"
    DROP = "put the episode into the trash"
    BACK = "go back two seconds"
    BACK_A_LITTLE = "go back half a second"
    RESUME = "count time from now"
    SHOW_LESSON = "begin the lesson"


Signal = Request | Event


class Move(NamedTuple):
    """An entry of the table."""

    state: State
    effects: tuple[Effect, ...] = ()


_TAKEN = (State.RECORDING, State.PAUSED, State.REWINDING, State.VERDICT)
"""States that hold an episode which is being recorded."""

MOVES: Mapping[tuple[State, Signal], Move] = {
    (State.READY, Request.START): Move(State.RECORDING, (Effect.BEGIN,)),
    (State.READY, Request.FREE_DRIVE): Move(State.FREE, (Effect.RESUME,)),
    (State.READY, Request.LESSON): Move(State.LESSON, (Effect.SHOW_LESSON,)),
    (State.READY, Request.QUIT): Move(State.CLOSED),
    (State.RECORDING, Request.FREEZE): Move(State.PAUSED),
    (State.RECORDING, Event.LOST): Move(State.PAUSED),
    (State.RECORDING, Event.SUCCEEDED): Move(State.VERDICT),
    (State.RECORDING, Event.TIMED_OUT): Move(State.VERDICT),
    (State.RECORDING, Event.REFUSED): Move(State.READY, (Effect.RESET,)),
    (State.RECORDING, Event.BROKEN): Move(State.READY, (Effect.KEEP, Effect.NEXT)),
    (State.PAUSED, Request.START): Move(State.RECORDING, (Effect.RESUME,)),
    (State.PAUSED, Request.FREEZE): Move(State.RECORDING, (Effect.RESUME,)),
    (State.REWINDING, Request.START): Move(State.RECORDING, (Effect.RESUME,)),
    (State.REWINDING, Request.DRIVE): Move(State.RECORDING, (Effect.RESUME,)),
    (State.REWINDING, Request.SCRUB): Move(State.REWINDING, (Effect.BACK_A_LITTLE,)),
    (State.VERDICT, Event.ACCEPTED): Move(State.READY, (Effect.SAVE_OFFERED, Effect.NEXT)),
    (State.VERDICT, Request.START): Move(State.READY, (Effect.SAVE_OFFERED, Effect.NEXT)),
    (State.VERDICT, Request.QUIT): Move(State.CLOSED, (Effect.SAVE_OFFERED,)),
    **{
        (state, Request.QUIT): Move(State.CLOSED, (Effect.KEEP,))
        for state in (State.RECORDING, State.PAUSED, State.REWINDING)
    },
    **{
        (state, signal): move
        for state in _TAKEN
        for signal, move in (
            (Request.SAVE_SUCCESS, Move(State.READY, (Effect.SAVE_SUCCESS, Effect.NEXT))),
            (Request.SAVE_FAILURE, Move(State.READY, (Effect.SAVE_FAILURE, Effect.NEXT))),
            (Request.DISCARD, Move(State.DISCARDED)),
            (Request.REWIND, Move(State.REWINDING, (Effect.BACK,))),
        )
    },
    (State.DISCARDED, Request.UNDO): Move(State.PAUSED),
    (State.DISCARDED, Request.START): Move(
        State.RECORDING, (Effect.DROP, Effect.RESET, Effect.BEGIN)
    ),
    (State.DISCARDED, Request.FREE_DRIVE): Move(
        State.FREE, (Effect.DROP, Effect.RESET, Effect.RESUME)
    ),
    (State.DISCARDED, Request.QUIT): Move(State.CLOSED, (Effect.DROP,)),
    (State.FREE, Request.FREE_DRIVE): Move(State.READY, (Effect.RESET,)),
    (State.FREE, Request.START): Move(State.READY, (Effect.RESET,)),
    (State.FREE, Request.QUIT): Move(State.CLOSED),
    (State.LESSON, Event.LEARNT): Move(State.READY, (Effect.RESET,)),
    (State.LESSON, Request.FREEZE): Move(State.READY, (Effect.RESET,)),
    (State.LESSON, Request.LESSON): Move(State.READY, (Effect.RESET,)),
    (State.LESSON, Request.QUIT): Move(State.CLOSED),
}
"""Every state and signal that belong together; any other signal is ignored in that state."""

TICKING = frozenset({State.RECORDING, State.FREE, State.LESSON})
"""States in which time runs."""
HOLDS_EPISODE = frozenset({*_TAKEN, State.DISCARDED})
"""States that must not be left without ending the episode."""


def moved(state: State, signal: Signal) -> Move | None:
    """What a signal does in a state; None where it does nothing."""
    return MOVES.get((state, signal))
