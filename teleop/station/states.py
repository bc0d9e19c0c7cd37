"""This table says which state of the window follows which signal, and what has to be done then.

The event loop looks up every request of the operator and every event; nothing here has effects.
"""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from ..session.command import Request


class WindowState(Enum):
    """What the operator's window is doing."""

    TUTORIAL = "lesson"
    READY = "ready"
    RECORDING = "recording"
    PAUSED = "paused"
    STALLED = "stalled"
    REWINDING = "rewinding"
    VERDICT = "verdict"
    DOUBTED = "doubted"
    DISCARDED = "discarded"
    FREE = "free drive"
    CLOSED = "closed"


class WindowEvent(Enum):
    """What happens to the session without a request of the operator."""

    SUCCEEDED = "the task is solved"
    TIMED_OUT = "the episode took too long"
    LOST = "the devices cannot be trusted"
    STALLED = "the computer was busy for a moment"
    ACCEPTED = "nobody objected to the verdict that was offered"
    DOUBTED = "a verdict contradicts the environment"
    LEARNT = "the tutorial is over"
    REFUSED = "recording could not begin"
    BROKEN = "recording cannot go on"


class WindowEffect(Enum):
    """What has to be done when a state is left for another."""

    BEGIN = "begin the episode and its recording"
    RESET = "reset to the same scene"
    NEXT = "reset to the next scene"
    SAVE_SUCCESS = "end the episode as a success"
    SAVE_FAILURE = "end the episode as a failure"
    SAVE_OFFERED = "end the episode with the verdict that was offered"
    KEEP = "end the episode as incomplete"
    DROP = "put the episode into the trash"
    BACK = "go back two seconds"
    BACK_A_LITTLE = "go back half a second"
    RESUME = "count time from now"
    DRIVE_UNRECORDED = "drive without recording"
    SHOW_TUTORIAL = "begin the tutorial"


Signal = Request | WindowEvent


class Transition(NamedTuple):
    """The state that follows a signal, and what to do on the way, in this order."""

    state: WindowState
    effects: tuple[WindowEffect, ...] = ()


JUDGED = (
    WindowState.RECORDING,
    WindowState.PAUSED,
    WindowState.STALLED,
    WindowState.REWINDING,
    WindowState.VERDICT,
)
"""States in which a verdict that contradicts the environment is asked about."""
_TAKEN = (*JUDGED, WindowState.DOUBTED)
"""States that hold an episode which is being recorded."""

TRANSITIONS: Mapping[tuple[WindowState, Signal], Transition] = {
    (WindowState.READY, Request.START): Transition(WindowState.RECORDING, (WindowEffect.BEGIN,)),
    (WindowState.READY, Request.FREE_DRIVE): Transition(
        WindowState.FREE, (WindowEffect.DRIVE_UNRECORDED,)
    ),
    (WindowState.READY, Request.TUTORIAL): Transition(
        WindowState.TUTORIAL, (WindowEffect.SHOW_TUTORIAL,)
    ),
    (WindowState.READY, Request.QUIT): Transition(WindowState.CLOSED),
    (WindowState.RECORDING, Request.FREEZE): Transition(WindowState.PAUSED),
    (WindowState.RECORDING, WindowEvent.LOST): Transition(WindowState.PAUSED),
    (WindowState.RECORDING, WindowEvent.STALLED): Transition(WindowState.STALLED),
    (WindowState.STALLED, WindowEvent.LOST): Transition(WindowState.PAUSED),
    **{(state, WindowEvent.DOUBTED): Transition(WindowState.DOUBTED) for state in JUDGED},
    (WindowState.STALLED, Request.FREEZE): Transition(WindowState.PAUSED),
    (WindowState.RECORDING, WindowEvent.SUCCEEDED): Transition(WindowState.VERDICT),
    (WindowState.RECORDING, WindowEvent.TIMED_OUT): Transition(WindowState.VERDICT),
    (WindowState.RECORDING, WindowEvent.REFUSED): Transition(
        WindowState.READY, (WindowEffect.RESET,)
    ),
    (WindowState.RECORDING, WindowEvent.BROKEN): Transition(
        WindowState.READY, (WindowEffect.KEEP, WindowEffect.NEXT)
    ),
    (WindowState.PAUSED, Request.START): Transition(WindowState.RECORDING, (WindowEffect.RESUME,)),
    (WindowState.PAUSED, Request.FREEZE): Transition(WindowState.RECORDING, (WindowEffect.RESUME,)),
    **{
        (state, request): Transition(WindowState.RECORDING, (WindowEffect.RESUME,))
        for state in (WindowState.REWINDING, WindowState.STALLED, WindowState.DOUBTED)
        for request in (Request.START, Request.DRIVE)
    },
    (WindowState.REWINDING, Request.SCRUB): Transition(
        WindowState.REWINDING, (WindowEffect.BACK_A_LITTLE,)
    ),
    (WindowState.VERDICT, WindowEvent.ACCEPTED): Transition(
        WindowState.READY, (WindowEffect.SAVE_OFFERED, WindowEffect.NEXT)
    ),
    (WindowState.VERDICT, Request.START): Transition(
        WindowState.READY, (WindowEffect.SAVE_OFFERED, WindowEffect.NEXT)
    ),
    (WindowState.VERDICT, Request.QUIT): Transition(
        WindowState.CLOSED, (WindowEffect.SAVE_OFFERED,)
    ),
    **{
        (state, Request.QUIT): Transition(WindowState.CLOSED, (WindowEffect.KEEP,))
        for state in _TAKEN
        if state is not WindowState.VERDICT
    },
    **{
        (state, signal): move
        for state in _TAKEN
        for signal, move in (
            (
                Request.SAVE_SUCCESS,
                Transition(WindowState.READY, (WindowEffect.SAVE_SUCCESS, WindowEffect.NEXT)),
            ),
            (
                Request.SAVE_FAILURE,
                Transition(WindowState.READY, (WindowEffect.SAVE_FAILURE, WindowEffect.NEXT)),
            ),
            (Request.DISCARD, Transition(WindowState.DISCARDED)),
            (Request.REWIND, Transition(WindowState.REWINDING, (WindowEffect.BACK,))),
        )
    },
    (WindowState.DISCARDED, Request.UNDO): Transition(WindowState.PAUSED),
    (WindowState.DISCARDED, Request.START): Transition(
        WindowState.RECORDING, (WindowEffect.DROP, WindowEffect.RESET, WindowEffect.BEGIN)
    ),
    (WindowState.DISCARDED, Request.FREE_DRIVE): Transition(
        WindowState.FREE, (WindowEffect.DROP, WindowEffect.RESET, WindowEffect.DRIVE_UNRECORDED)
    ),
    (WindowState.DISCARDED, Request.QUIT): Transition(WindowState.CLOSED, (WindowEffect.DROP,)),
    (WindowState.FREE, Request.FREE_DRIVE): Transition(WindowState.READY, (WindowEffect.RESET,)),
    (WindowState.FREE, Request.START): Transition(WindowState.READY, (WindowEffect.RESET,)),
    (WindowState.FREE, Request.QUIT): Transition(WindowState.CLOSED),
    (WindowState.TUTORIAL, WindowEvent.LEARNT): Transition(
        WindowState.READY, (WindowEffect.RESET,)
    ),
    (WindowState.TUTORIAL, Request.FREEZE): Transition(WindowState.READY, (WindowEffect.RESET,)),
    (WindowState.TUTORIAL, Request.TUTORIAL): Transition(WindowState.READY, (WindowEffect.RESET,)),
    (WindowState.TUTORIAL, Request.QUIT): Transition(WindowState.CLOSED),
}
"""What each signal does in each state; a signal without an entry is ignored in that state."""

RESUMING = frozenset({(WindowState.PAUSED, Request.START), (WindowState.PAUSED, Request.FREEZE)})
"""What ends a pause; no control may be held then."""

TICKING = frozenset({WindowState.RECORDING, WindowState.FREE, WindowState.TUTORIAL})
"""States in which control ticks run."""
HOLDS_EPISODE = frozenset({*_TAKEN, WindowState.DISCARDED})
"""States that must not be left without ending the episode."""


def transition(state: WindowState, signal: Signal) -> Transition | None:
    """What a signal does in a state; None where it does nothing."""
    return TRANSITIONS.get((state, signal))
