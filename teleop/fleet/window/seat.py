"""A `Seat` is one arm at the fleet's window: the station's own loop, whether or not it is in focus.

`fleet_loop` turns the operator's attention from seat to seat. An arm without attention begins its
episodes and ticks by itself; one that asks, or has failed, waits until she comes.
"""

from ...devices.controls import Control
from ...session.command import Request
from ...session.help_requests import HelpReason
from ...session.levels import ControlState
from ...station.live_episode import OperatorEpisode
from ...station.loop import SLACK_S
from ...station.states import WindowEvent, WindowState
from ..arm import NextAssignment
from ..arm_view import ArmView
from .last_seconds import LastSeconds
from .seat_device import SeatDevice
from .seat_loop import SeatLoop

FAILED = "the episode has failed"


class Seat:
    """An arm, its loop, and how long it has waited."""

    def __init__(
        self,
        number: int,
        loop: SeatLoop,
        last: LastSeconds,
        reset_s: float,
        next_assignment: NextAssignment,
    ) -> None:
        assert isinstance(loop.live.session.device, SeatDevice)
        self.number, self.loop, self.last = number, loop, last
        self.device = loop.live.session.device
        self.waited_before_s = 0.0
        self.needed_hands = False
        """Whether the operator drove it since she came."""
        self._reset_s, self._next_assignment = reset_s, next_assignment
        self._asked_at: float | None = None
        self._frozen = False

    @property
    def live(self) -> OperatorEpisode:
        """Its present episode."""
        return self.loop.live

    @property
    def in_focus(self) -> bool:
        """Whether it is in focus."""
        return self.device.in_focus

    @property
    def failed(self) -> bool:
        """Whether its episode ended without success, and nobody has judged it yet."""
        return self.loop.state is WindowState.VERDICT and not self.loop.actions.offered

    @property
    def calling(self) -> bool:
        """Whether it waits for the operator."""
        asks = self.loop.state is WindowState.RECORDING and self.live.episode.calling is not None
        return asks or self.failed

    @property
    def why(self) -> str:
        """Why it waits; empty where it does not."""
        if self.failed:
            return FAILED
        reason = self.live.episode.calling
        return reason.value if self.calling and reason is not None else ""

    @property
    def driven(self) -> bool:
        """Whether the operator drives it."""
        human = self.live.episode.authority.state is ControlState.HUMAN
        return human and self.loop.state is WindowState.RECORDING

    @property
    def frozen(self) -> bool:
        """Whether it waits without ticks: it asks, and the clutch is not closed there."""
        if self.loop.state is not WindowState.RECORDING or self.live.episode.calling is None:
            return False
        reading = self.loop.operator_input.reading
        held = reading.held(Control.CLUTCH) or reading.held(Control.HOME)
        return not (self.in_focus and held)

    @property
    def ahead_s(self) -> float:
        """How long until its next tick is due; infinite while it waits."""
        return float("inf") if self._frozen else self.loop.own_ahead_s

    @property
    def due(self) -> bool:
        """Whether a tick is due."""
        return self.ahead_s <= SLACK_S

    def waited_s(self, now: float) -> float:
        """How long it has waited for the operator, at time `now` [s]."""
        return 0.0 if self._asked_at is None else now - self._asked_at

    def serve(self, now: float) -> float | None:
        """Do what nobody needs to press; returns how long a call waited that has just ended."""
        loop = self.loop
        if loop.state is WindowState.READY and loop.seconds_in_state >= self._reset_s:
            self._begin()
        elif loop.state is WindowState.VERDICT and not self.in_focus and loop.actions.offered:
            loop.signal(WindowEvent.ACCEPTED)
        elif loop.state is WindowState.STALLED and not self.driven_before:
            loop.signal(Request.DRIVE)
        elif loop.state is WindowState.REWINDING and not self.in_focus:
            loop.signal(Request.START)
        self._thaw()
        ended = self._follow_call(now)
        self.live.waits_s = self.waited_s(now)
        return ended

    def view(self, now: float) -> ArmView:
        """The arm as a queue policy sees it."""
        reason = self.live.episode.calling or (HelpReason.OVERDUE if self.failed else None)
        episode, hz = self.live.episode, self.live.env.world_spec.control_hz
        return ArmView(
            self.number,
            reason if self.calling else None,
            self.waited_s(now),
            self.waited_before_s,
            self.live.proposal.novelty,
            driven_s=episode.steps / hz,
            risk=1.0 if self.failed else 0.5,
        )

    @property
    def driven_before(self) -> bool:
        """Whether the operator drove the last tick."""
        return self.live.episode.authority.state is ControlState.HUMAN

    def _begin(self) -> None:
        following = self._next_assignment(self.live.session.assignment)
        if following is not None:
            self.live.session.assign(following)
            self.live.reset()
        self.loop.signal(Request.START)

    def _thaw(self) -> None:
        """Count time anew where the arm goes on after it waited."""
        frozen = self.frozen
        if self._frozen and not frozen:
            self.loop.pace.begin()
            self.loop.meter.rest()
        self._frozen = frozen

    def _follow_call(self, now: float) -> float | None:
        if self.calling and self._asked_at is None:
            self._asked_at = now
        elif not self.calling and self._asked_at is not None:
            waited, self._asked_at = now - self._asked_at, None
            self.waited_before_s += waited
            return waited
        return None
