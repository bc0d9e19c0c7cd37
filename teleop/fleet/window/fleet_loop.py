"""The loop of the fleet's window: one operator, many seats, and where her attention is.

`run.run_window` calls `step` until the window is closed. All arms tick at the same moments: their
worlds step in processes of their own, while a frame is drawn here.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ...devices.operator_input import OperatorInput
from ...session.begun_tick import BegunTick
from ...session.command import Request
from ...station.cues import Cue, CuePlayer
from ...station.help_call import HelpCall
from ...station.loop import LONGEST_SLEEP_S, SHORTEST_SLEEP_S, SLACK_S
from ...station.states import WindowState
from ..arm_view import ArmView
from ..operator_model import Doing
from ..queues.queue import Queue
from ..shift import ArmTick, Shift
from .seat import Seat

PATIENCE_S = 0.02
"""So long after the devices were read they are read again, whatever world still steps."""
SWITCHED_S = 3.0
"""So long after her attention came to an arm, at most, the operator counts as finding her way."""


@dataclass(frozen=True)
class FleetTerms:
    """What the operator chose for the window."""

    queue: Queue
    """Says which caller is the next one."""
    holds_on_loss: bool = False
    """Whether policies hold too where the devices are lost; the arm in focus always does."""
    minutes: float | None = None
    """Leave after so long; None goes on until the window is closed."""


class FleetLoop:
    """State and steps of the fleet's window; `draw` draws a frame if due, returns the wait [s]."""

    def __init__(
        self,
        seats: Sequence[Seat],
        operator_input: OperatorInput,
        feedback: CuePlayer,
        shift: Shift,
        terms: FleetTerms,
        draw: Callable[["FleetLoop"], float],
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.seats, self.shift, self.terms = seats, shift, terms
        self.focus = seats[0]
        self.switches, self.frames = 0, 0
        self.closed = False
        self._input, self._feedback, self.draw = operator_input, feedback, draw
        self._clock, self._sleep, self._call = clock, sleep, HelpCall()
        self._began = self._counted = self._came = self._heard = clock()
        self._ended = [0] * len(seats)
        self._asked = [False] * len(seats)
        self._begun = dict[Seat, BegunTick]()
        """The ticks whose outcome is not known yet."""
        for seat in seats:
            seat.loop.of_all = self._ahead_s
            seat.loop.settle = partial(self._finish, seat)
        self.turn_to(seats[0])

    @property
    def now(self) -> float:
        """The clock, s."""
        return self._clock()

    @property
    def frames_a_second(self) -> float:
        """Frames drawn since the window opened, a second."""
        return self.frames / max(1e-9, self.now - self._began)

    @property
    def lost(self) -> str:
        """Why the devices cannot be trusted; empty where they can."""
        return self.focus.loop.lost

    @property
    def callers(self) -> list[Seat]:
        """The arms that wait for the operator."""
        return [seat for seat in self.seats if seat.calling]

    def turn_to(self, seat: Seat) -> None:
        """Turn the operator's attention to a seat; what she holds must be let go of first."""
        self.switches += seat is not self.focus
        self.focus.device.in_focus = False
        self.focus, self._came = seat, self.now
        seat.device.in_focus, seat.needed_hands = True, False
        self._input.turn_to(seat.live.env, seat.device.home)
        seat.loop.operator_input.reset_timeout()

    def next_caller(self) -> None:
        """Turn to the caller that the queue policy puts first; say so where nobody asks."""
        now = self.now
        views = [seat.view(now) for seat in self.seats]
        here = self.focus.number
        others = [ArmView(here) if view.number == here else view for view in views]
        chosen = self.terms.queue.choose(others)
        if chosen is None:
            self.focus.loop.notice.show("no other arm asks", 2.0)
        else:
            self.turn_to(self.seats[chosen])

    def leave(self) -> None:
        """Save and close at the next step; may be called from a signal handler."""
        self.focus.loop.leave()

    def step(self) -> None:
        """Read the devices; then tick the arms that are due, and draw or sleep meanwhile."""
        self._read()
        if self.closed:
            return
        until = self.now + PATIENCE_S
        begun = self._begin(until)
        self._hear()
        wait = self.draw(self)
        self.frames += wait == 0.0
        self._collect(until)
        if wait > 0 and not begun:
            ahead = self._ahead_s()
            self._sleep(max(SHORTEST_SLEEP_S, min(wait, ahead - SLACK_S, LONGEST_SLEEP_S)))

    def close(self) -> None:
        """End every arm's episode, kept as incomplete."""
        self.closed = True
        for seat in self.seats:
            seat.loop.signal(Request.QUIT)

    def _begin(self, until: float) -> bool:
        """Begin the ticks that are due, that of the arm in focus right after the devices were
        read; whether there were any."""
        due = [s for s in self.seats if s.due and s not in self._begun and not self._held(s)]
        for seat in sorted(due, key=lambda seat: seat is not self.focus):
            if self.now > until:  # policies think; the others begin once the devices were read
                break
            if begun := seat.loop.begin_tick():
                self._begun[seat] = begun
        return bool(due)

    def _collect(self, until: float) -> None:
        """Finish the ticks whose worlds have stepped, or do so until then."""
        for seat in list(self._begun):
            while (stepping := seat.live.env.stepping) and self.now < until:
                pass
            self._hear()
            if not stepping:
                self._finish(seat)

    def _finish(self, seat: Seat) -> None:
        """Finish an arm's tick, if one was begun."""
        if seat in self._begun:
            seat.loop.finish_tick(self._begun.pop(seat))
            seat.needed_hands |= seat.driven

    def _hear(self) -> None:
        """Read the devices again where that was a while ago: a step may be many pieces of work."""
        if self.now - self._heard > PATIENCE_S:
            self.focus.loop.process_events()
            self._heard = self.now

    def _read(self) -> None:
        loop = self.focus.loop
        loop.process_events()
        self._heard = self.now
        over = self.terms.minutes is not None and self.now - self._began > 60 * self.terms.minutes
        if loop.state is WindowState.CLOSED or over:
            self.close()
            return
        if loop.wants_next:
            loop.wants_next = False
            self.next_caller()
        for seat in self.seats:
            if self._held(seat):
                seat.loop.pace.begin()
                continue
            waited = seat.serve(self.now)
            if waited is not None:
                self.shift.answered(waited, by_hand=True)
        self._hear()  # an arm was perhaps reset, and none is driven by what was held before that
        self._announce()
        self._count()

    def _held(self, seat: Seat) -> bool:
        """Whether the loss of the devices stops an arm that nobody drives."""
        return bool(self.terms.holds_on_loss and self.lost and seat is not self.focus)

    def _ahead_s(self) -> float:
        left = (seat.ahead_s for seat in self.seats if seat not in self._begun)
        return min(left, default=float("inf"))

    def _announce(self) -> None:
        """Say in the title, and by sound, that arms wait without the operator's attention."""
        waiting = [seat for seat in self.callers if seat is not self.focus]
        many = f"{len(waiting)} arm{'s' * (len(waiting) > 1)}"
        title = f"{many} ask{'s' * (len(waiting) == 1)} for help" if waiting else ""
        self.focus.loop.context.window.show_in_title(title)
        loudness = self._call.update(bool(waiting), self.now)
        if loudness is not None:
            self._feedback.play(Cue.HELP_WANTED, loudness)

    def _count(self) -> None:
        """Count what everybody did since the last control period."""
        for place, seat in enumerate(self.seats):
            if seat.calling and not self._asked[place]:
                self.shift.asked(seat.number)
            self._asked[place] = seat.calling
            for outcome in seat.live.outcomes[self._ended[place] :]:
                self.shift.ended(seat.number, outcome)
            self._ended[place] = len(seat.live.outcomes)
        while self.now - self._counted >= 1 / self.shift.hz:
            self._counted += 1 / self.shift.hz
            self.shift.spend(self._doing())
            for seat in self.seats:
                self.shift.count(_arm_tick(seat))

    def _doing(self) -> Doing:
        """What the operator does, as far as the window can see."""
        if self.focus.driven:
            return Doing.DRIVING
        if self.focus.calling and self.now - self._came < SWITCHED_S:
            return Doing.SWITCHING
        return Doing.FREE


def _arm_tick(seat: Seat) -> ArmTick:
    if seat.calling:
        return ArmTick.WAITING
    if seat.loop.state is WindowState.READY:
        return ArmTick.RESETTING
    return ArmTick.HUMAN if seat.driven else ArmTick.POLICY
