"""The attendant: presses the seat's buttons for the simulated operator, as a person would."""

from collections.abc import Mapping

from ..session.command import Request
from .loop import Seat
from .states import State

GLANCE_S = 1.0
"""So long she looks before she presses anything."""
GOES_ON: Mapping[State, Request] = {
    State.READY: Request.START,
    State.REWINDING: Request.START,
    State.VERDICT: Request.SAVE_FAILURE,
}
"""What she presses; a person who watches may pause, discard and leave, which is left alone."""


class Attendant:
    """Called after every turn of the seat."""

    def __call__(self, seat: Seat) -> None:
        """Go on where nothing stands against it."""
        if seat.seconds_here < GLANCE_S or not seat.hands.focused or seat.help:
            return
        if seat.state is State.VERDICT and seat.offered:
            seat.signal(Request.SAVE_SUCCESS)
        elif seat.state is State.PAUSED:
            if seat.lost:  # a pause that somebody asked for is hers to end
                seat.signal(Request.START)
        elif seat.state in GOES_ON:
            seat.signal(GOES_ON[seat.state])
