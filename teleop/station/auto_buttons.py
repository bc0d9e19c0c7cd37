"""The attendant: presses the seat's buttons for the simulated operator, as a person would."""

from collections.abc import Mapping

from ..session.command import Request
from .loop import StationLoop
from .states import WindowState

GLANCE_S = 1.0
"""So long she looks before she presses anything."""
GOES_ON: Mapping[WindowState, Request] = {
    WindowState.READY: Request.START,
    WindowState.REWINDING: Request.START,
    WindowState.VERDICT: Request.SAVE_FAILURE,
}
"""What she presses; a person who watches may pause, discard and leave, which is left alone."""


class AutoButtons:
    """Called after every turn of the seat."""

    def __call__(self, loop: StationLoop) -> None:
        """Go on where nothing stands against it."""
        if loop.seconds_in_state < GLANCE_S or not loop.operator_input.focused or loop.help:
            return
        if loop.state is WindowState.VERDICT and loop.offered:
            loop.signal(Request.SAVE_SUCCESS)
        elif loop.state is WindowState.PAUSED:
            if loop.lost:  # a pause that somebody asked for is hers to end
                loop.signal(Request.START)
        elif loop.state in GOES_ON:
            loop.signal(GOES_ON[loop.state])
