"""A `SeatLoop` is the station's loop of one arm of a fleet; start means the next caller."""

from collections.abc import Callable

from ....sim_envs.errors import RecordingError, WorldFailed
from ...session.command import Request
from ...session.levels import ControlState
from ...station.live_episode import OperatorEpisode
from ...station.loop import StationLoop
from ...station.options import OperatorContext
from ...station.states import Signal, WindowState


class SeatLoop(StationLoop):
    """The station's loop of one arm; the fleet announces calls, and start means the next caller."""

    wants_next = False
    """Whether the operator asked for the next caller."""
    of_all: Callable[[], float] = staticmethod(lambda: float("inf"))
    """How long until the next tick of any arm is due."""
    settle: Callable[[], None] = staticmethod(lambda: None)
    """Finishes a tick that was begun: nothing is done to an episode in the middle of one."""
    ends_episode = (RecordingError, WorldFailed)
    """A world that fails costs the episode of its arm; the others go on."""

    def __init__(
        self,
        context: OperatorContext,
        live: OperatorEpisode,
        draw: Callable[[StationLoop], float],
    ) -> None:
        super().__init__(context, live, draw)
        self.pace.in_step = True  # so that the worlds of all arms step at the same time

    @property
    def must_hear(self) -> bool:
        """Only an arm that the operator drives: a policy, and an arm that waits, need nobody."""
        return super().must_hear and self.live.episode.authority.state is ControlState.HUMAN

    @property
    def ahead_s(self) -> float:
        """How long until the next tick of any arm: a frame must not make it late."""
        return self.of_all()

    @property
    def own_ahead_s(self) -> float:
        """How long until this arm's next tick is due; infinite in a state without ticks."""
        return super().ahead_s

    def announce(self) -> None:
        """The fleet announces the calls of all arms."""

    def signal(self, signal: Signal) -> bool:
        """Take start while an arm records for a wish to go on to the next caller."""
        self.settle()
        if signal is Request.START and self.state is WindowState.RECORDING:
            self.wants_next = True
            return True
        return super().signal(signal)
