"""The event loop of the operator's window reads the devices, ticks, and draws in between.

`setup.Station` calls `step` until the window is closed; `signal` follows the table in `states`.
"""

from collections.abc import Callable

from ...sim_envs.errors import RecordingError
from ...sim_envs.spaces import CONTROL_HZ
from ..devices.controls import Control, ControlReadings
from ..devices.sdl import pygame
from ..session.command import Request
from ..session.pacing import RateMeter, RealTime
from ..session.subscriber import EpisodeOutcome
from .cues import FAILURE_NOTICE_S, SWITCH_NOTICE_S, Cue, Notice
from .live_episode import OperatorEpisode
from .options import OperatorContext
from .states import (
    HOLDS_EPISODE,
    RESUMING,
    TICKING,
    Signal,
    WindowEffect,
    WindowEvent,
    WindowState,
    transition,
)
from .tutorial import FINISHED, Tutorial

REWIND_S, SCRUB_S = 2.0, 0.5
SLOWNESSES = (1, 2, 4)
ACCEPT_S = 5.0
"""A success that the task has detected is saved after this, when nobody objects."""
SLACK_S = 0.0015
"""A tick that is due within this time is waited for; before that the loop draws or sleeps."""
LONGEST_SLEEP_S, SHORTEST_SLEEP_S = 0.004, 0.0001
"""Longest and shortest sleep; the devices are read at least once every NAP_S."""


class StationLoop:
    """State and steps of the window; `draw` draws a frame if due, and returns the wait [s]."""

    def __init__(
        self,
        context: OperatorContext,
        live: OperatorEpisode,
        draw: Callable[["StationLoop"], float],
    ) -> None:
        self.context, self.live = context, live
        self.operator_input, self.options = context.operator_input, context.options
        self.state = WindowState.READY
        self.meter = RateMeter(context.clock)
        self.pace = RealTime(CONTROL_HZ, context.clock, context.sleep)
        self.tutorial, self.notice = Tutorial(), Notice(context.clock)
        self.slowness, self.help = 1, False
        self.lost, self.offered = "", False
        self._since = context.clock()
        self._pressed: frozenset[Control] = frozenset()
        self._draw, self._asked_to_quit = draw, False
        if self.options.tutorial:
            self.signal(Request.TUTORIAL)
        self.operator_input.reset_timeout()

    def run(self) -> list[EpisodeOutcome]:
        """Step until the window is closed or enough episodes are saved."""
        while self.state is not WindowState.CLOSED:
            self.step()
        return self.live.outcomes

    def leave(self) -> None:
        """Save and close at the next step; may be called from a signal handler."""
        self._asked_to_quit = True

    def step(self) -> None:
        """Read the devices; then tick, draw or sleep, whichever is due."""
        self.process_events()
        ahead = self.pace.ahead_s() if self.state in TICKING else float("inf")
        if ahead <= SLACK_S:
            self._tick(self.pace.wait())
            return
        wait = self._draw(self)
        if wait > 0:
            self.context.sleep(max(SHORTEST_SLEEP_S, min(wait, ahead - SLACK_S, LONGEST_SLEEP_S)))

    def process_events(self) -> None:
        """Read the devices, and do what was asked for."""
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                self._asked_to_quit = True
            self.operator_input.handle(event)
        sample = self.operator_input.sample(self.state in TICKING)
        self._pressed |= sample.pressed
        if sample.lost:
            self._lose(sample.lost)
        for request in sorted(sample.requests, key=lambda request: request.name):
            self._answer(request)
        if self._asked_to_quit:
            self.signal(Request.QUIT)
        offered = self.state is WindowState.VERDICT and self.offered and self.operator_input.focused
        if offered and self.seconds_in_state > ACCEPT_S:
            self.signal(WindowEvent.ACCEPTED)
        self.context.feedback.update(self.operator_input.source)

    @property
    def seconds_in_state(self) -> float:
        """How long the window has been in its state."""
        return self.context.clock() - self._since

    def signal(self, signal: Signal) -> bool:
        """Make the move that the table has for a signal; False where it has none."""
        move = transition(self.state, signal)
        if move is None:
            return False
        self.state, self._since = move.state, self.context.clock()
        if self.state in (WindowState.PAUSED, WindowState.READY):
            self.operator_input.guard.lock_all(self.context.clock())
        if self.state is not WindowState.PAUSED:
            self.lost = ""
        try:
            for effect in move.effects:
                _ACTIONS[effect](self)
        except RecordingError as error:
            self.notice.show(str(error), FAILURE_NOTICE_S)
            beginning = WindowEffect.BEGIN in move.effects
            self.signal(WindowEvent.REFUSED if beginning else WindowEvent.BROKEN)
        self.operator_input.reset_timeout()
        return True

    def _answer(self, request: Request) -> None:
        if request is Request.HELP:
            self.help = not self.help
            if self.help and self.state is WindowState.RECORDING:
                self.signal(Request.FREEZE)  # nobody reads and drives at once
        elif request is Request.SOUND:
            self.context.feedback.toggle()
        elif request is Request.SLOW:
            self.slowness = SLOWNESSES[(SLOWNESSES.index(self.slowness) + 1) % len(SLOWNESSES)]
            self.pace.slow_down(self.slowness)
            self.meter.rest()
        elif request is Request.ROLL_BACK:
            self._roll_back()
        elif (self.state, request) in RESUMING and self.operator_input.touched:
            self.notice.show(f"let go of the {self.operator_input.touched}, then go on", 2.0)
        else:
            self.signal(request)

    def _lose(self, reason: str) -> None:
        if self.state in TICKING:
            self.context.feedback.play(Cue.LOST)
        if self.state in (WindowState.FREE, WindowState.TUTORIAL):
            self.notice.show(f"{reason}: let go of everything, then hold the clutch")
        self.signal(WindowEvent.LOST)
        if self.state is WindowState.PAUSED:
            self.lost = reason

    def _tick(self, late_ms: float) -> None:
        try:
            tick = self.live.tick(late_ms)
        except RecordingError as error:
            self.notice.show(f"recording stopped: {error}", FAILURE_NOTICE_S)
            self.signal(WindowEvent.BROKEN)
            return
        self.meter.tick(late_ms)
        self.context.feedback.play_switch(tick.switch)
        episode = self.live.episode
        if self.state is WindowState.TUTORIAL:
            self._teach()
        elif self.state is WindowState.RECORDING and episode.over:
            self.offered = episode.success
            self.signal(WindowEvent.SUCCEEDED if episode.success else WindowEvent.TIMED_OUT)
        self._pressed = frozenset()

    def _teach(self) -> None:
        reading = ControlReadings(self.operator_input.reading.values, self._pressed)
        arm = self.live.env.arm
        if self.tutorial.watch(reading, arm.tool(), arm.controller.closing, self.pace.period_s):
            self.context.feedback.play(Cue.LEARNT)
        if self.tutorial.over:
            self.notice.show(FINISHED)
            self.signal(WindowEvent.LEARNT)

    def _begin(self) -> None:
        self.live.begin()
        self._resume()
        self.context.feedback.play(Cue.STARTED)

    def _resume(self) -> None:
        """Count time from now; outside an episode, drive without recording."""
        if self.state not in HOLDS_EPISODE:
            self.live.free_drive()
        self.pace.begin()
        self.meter.rest()

    def _show_tutorial(self) -> None:
        self.tutorial = Tutorial()
        self._resume()

    def _rewind(self, seconds: float) -> None:
        undone = self.live.rewind(seconds)
        self.context.feedback.play(Cue.REWOUND)
        self.notice.show(f"back by {undone / CONTROL_HZ:.1f} s", 1.5)

    def _save(self, verdict: bool) -> None:
        outcome = self.live.end(verdict)
        if outcome and self.context.active_policy:
            self.context.active_policy.episode_over()
        self.context.feedback.play(Cue.SAVED if outcome else Cue.DISCARDED)
        saved = f"saved as a {'success' if verdict else 'failure'}"
        self.notice.show(saved if outcome else "nothing was recorded yet", 2.0)

    def _next(self) -> None:
        self._asked_to_quit |= self.options.enough(len(self.live.outcomes))
        self.live.seed = self.options.seeds.after(self.live.seed)
        self._switch_and_reset()

    def _switch_and_reset(self) -> None:
        """Between two episodes: switch the policy where another is due, and reset."""
        if label := self.live.switch_policy(self.context.active_policy):
            self.notice.show(label, SWITCH_NOTICE_S)
        self.live.reset()

    def _roll_back(self) -> None:
        """Set the policy aside: at once between two episodes, else with the next one."""
        if active_policy := self.context.active_policy:
            self.notice.show(active_policy.roll_back(self.live.assignment), SWITCH_NOTICE_S)
            if self.state is WindowState.READY:
                self._switch_and_reset()

    def _drop(self) -> None:
        self.live.end(False, discarded=True)
        self.context.feedback.play(Cue.DISCARDED)


_ACTIONS: dict[WindowEffect, Callable[[StationLoop], object]] = {
    WindowEffect.BEGIN: StationLoop._begin,
    WindowEffect.RESET: lambda loop: loop.live.reset(),
    WindowEffect.NEXT: StationLoop._next,
    WindowEffect.SAVE_SUCCESS: lambda loop: loop._save(True),
    WindowEffect.SAVE_FAILURE: lambda loop: loop._save(False),
    WindowEffect.SAVE_OFFERED: lambda loop: loop._save(loop.offered),
    WindowEffect.KEEP: lambda loop: loop.live.end(False, complete=False),
    WindowEffect.DROP: StationLoop._drop,
    WindowEffect.BACK: lambda loop: loop._rewind(REWIND_S),
    WindowEffect.BACK_A_LITTLE: lambda loop: loop._rewind(SCRUB_S),
    WindowEffect.RESUME: StationLoop._resume,
    WindowEffect.SHOW_TUTORIAL: StationLoop._show_tutorial,
}
"""How the loop carries out each effect of a transition."""
