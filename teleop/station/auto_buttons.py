"""AutoButtons presses the window's buttons for the simulated operator.

`setup.Station` calls it after every step of the event loop; it starts and saves episodes.
"""

from collections.abc import Mapping

from ..session.command import Request
from .loop import StationLoop
from .states import WindowState

GLANCE_S = 1.0
"""Time in a state before anything is pressed."""
GOES_ON: Mapping[WindowState, Request] = {
    WindowState.READY: Request.START,
    WindowState.REWINDING: Request.START,
    WindowState.STALLED: Request.START,
    WindowState.VERDICT: Request.SAVE_FAILURE,
}
"""What is pressed in which state; pauses and discards are left to a person who watches."""


class AutoButtons:
    """Called after every step of the event loop."""

    def __call__(self, loop: StationLoop) -> None:
        """Go on, unless the window has no focus, the help is open, or a person paused."""
        if loop.seconds_in_state < GLANCE_S or not loop.operator_input.focused or loop.help:
            return
        if loop.state is WindowState.VERDICT and loop.actions.offered:
            loop.signal(Request.SAVE_SUCCESS)
        elif loop.state is WindowState.PAUSED:
            if loop.lost:  # who asked for a pause ends it
                loop.signal(Request.START)
        elif loop.state in GOES_ON:
            loop.signal(GOES_ON[loop.state])
