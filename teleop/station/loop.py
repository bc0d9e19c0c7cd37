"""The event loop of the operator's window reads the devices, ticks, and draws in between.

`setup.Station` calls `step` until the window is closed; `signal` follows the table in `states`.
"""

from collections.abc import Callable

from ...sim_envs.errors import RecordingError
from ...sim_envs.spaces import Action
from ..devices.controls import Control, ControlReadings
from ..devices.input_sample import Loss
from ..devices.sdl import pygame
from ..session.attendance import Attendance
from ..session.begun_tick import BegunTick
from ..session.command import Request
from ..session.subscriber import EpisodeOutcome
from ..ui.window import toggle_full_screen
from .cues import FAILURE_NOTICE_S, FELT, Cue, Notice
from .episode_actions import EpisodeActions
from .hand_watch import HandWatch
from .help_call import HelpCall
from .live_episode import OperatorEpisode
from .options import OperatorContext
from .states import (
    JUDGED,
    RESUMING,
    TICKING,
    Signal,
    WindowEffect,
    WindowEvent,
    WindowState,
    transition,
)

SLOWNESSES = (1, 2, 4)
ACCEPT_S = 5.0
"""A success that the task has detected is saved after this, when nobody objects."""
SLACK_S = 0.0015
"""A tick that is due within this time is waited for; before that the loop draws or sleeps."""
LONGEST_SLEEP_S, SHORTEST_SLEEP_S = 0.004, 0.0001
"""Longest and shortest sleep between two readings of the devices."""


class StationLoop:
    """State and steps of the window; `draw` draws a frame if due, and returns the wait [s]."""

    ends_episode: tuple[type[Exception], ...] = (RecordingError,)
    """Errors of a tick that end its episode, which is kept; others end the session."""

    def __init__(
        self,
        context: OperatorContext,
        live: OperatorEpisode,
        draw: Callable[["StationLoop"], float],
    ) -> None:
        self.context, self.live = context, live
        self.operator_input, self.options = context.operator_input, context.options
        self.state, self.notice = WindowState.READY, Notice(context.clock)
        self.actions = EpisodeActions(context, live, self.notice)
        self.meter, self.pace = self.actions.meter, self.actions.pace
        self.slowness, self.help, self.lost, self.doubted = 1, False, "", False
        self._hand, self._call = HandWatch(), HelpCall()
        self._attendance, self._since = Attendance(context.clock), context.clock()
        self.clicks: list[tuple[int, int]] = []
        """Places in the window, in pixels, that were clicked since the last frame."""
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
        ahead = self.ahead_s
        if ahead <= SLACK_S:
            self.tick()
            if self.ahead_s > SLACK_S:
                return
            self.process_events()  # a tick and a frame together may take long
        wait = self._draw(self)  # also where ticks leave no time: else the picture stood still
        if wait > 0:
            self.context.sleep(max(SHORTEST_SLEEP_S, min(wait, ahead - SLACK_S, LONGEST_SLEEP_S)))

    @property
    def ahead_s(self) -> float:
        """How long until the next tick is due; infinite in a state without ticks."""
        return self.pace.ahead_s() if self.state in TICKING else float("inf")

    @property
    def must_hear(self) -> bool:
        """Whether devices that were not read for a while stop the arm."""
        return self.state in TICKING

    def process_events(self) -> None:
        """Read the devices, and do what was asked for."""
        for event in self.context.window.events():
            if event.type == pygame.QUIT:
                self._asked_to_quit = True
            toggle_full_screen(event)
            if event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
                self.clicks.append(event.pos)
            self.operator_input.handle(event)
        sample = self.operator_input.sample(self.must_hear)
        self._pressed |= sample.pressed
        if sample.unclutched and self.must_hear:
            self.notice.show("hold the clutch to use the gripper", 2.0)
        for request in sorted(sample.requests, key=lambda request: request.name):
            self._answer(request)
        touched = bool(sample.pressed or self.operator_input.touched)
        away = self._attendance.missed(self.live.env, self.live.assignment.level, touched)
        if sample.loss or away:
            self._lose(sample.loss or Loss(away))
        if self._asked_to_quit or self.actions.done:
            self.signal(Request.QUIT)
        offered = self.state is WindowState.VERDICT and self.actions.offered
        if offered and self.operator_input.focused and self.seconds_in_state > ACCEPT_S:
            self.signal(WindowEvent.ACCEPTED)
        self.announce()
        self.context.feedback.update(self.operator_input.source)

    def announce(self) -> None:
        """Repeat a call for help, in the title and by sound, until somebody answers."""
        calling = self.state is WindowState.RECORDING and self.live.episode.calling is not None
        self.context.window.show_in_title("The policy asks for help" if calling else "")
        loudness = self._call.update(calling, self.context.clock())
        if loudness is not None:
            self.context.feedback.play(Cue.HELP_WANTED, loudness)

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
        if self.state in (WindowState.PAUSED, WindowState.READY, WindowState.DOUBTED):
            self.operator_input.guard.lock_motion()
        if self.state not in (WindowState.PAUSED, WindowState.STALLED):
            self.lost = ""
        if move.effects:
            self._hand.begin()
        try:
            for effect in move.effects:
                self.actions.carry_out(effect)
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
            self.actions.roll_back(at_once=self.state is WindowState.READY)
        elif self._contradicts(request):
            self.doubted = request is Request.SAVE_SUCCESS
            self.signal(WindowEvent.DOUBTED)
        elif (self.state, request) in RESUMING and self.operator_input.touched:
            self.notice.show(f"let go of the {self.operator_input.touched}, then go on", 2.0)
        elif not self.signal(request) and request is Request.UNDO:
            self.actions.turn_last_verdict()

    def _contradicts(self, request: Request) -> bool:
        """Whether a verdict says something else than the environment, and was not asked about."""
        if self.state not in JUDGED or request not in (Request.SAVE_SUCCESS, Request.SAVE_FAILURE):
            return False
        return self.live.env.status.success != (request is Request.SAVE_SUCCESS)

    def _lose(self, loss: Loss) -> None:
        if self.state in TICKING:
            self.context.feedback.play(Cue.LOST)
        if self.state in (WindowState.FREE, WindowState.TUTORIAL):
            self.notice.show(f"{loss.reason}: let go of everything, then hold the clutch")
        self.signal(WindowEvent.STALLED if loss.brief else WindowEvent.LOST)
        if self.state in (WindowState.PAUSED, WindowState.STALLED):
            self.lost = loss.reason

    def tick(self) -> None:
        """Run the control tick that is due."""
        if begun := self.begin_tick():
            self.finish_tick(begun)

    def begin_tick(self) -> BegunTick | None:
        """Begin the tick that is due, for finish_tick(); None where it fails."""
        self.meter.tick(late_ms := self.pace.wait())
        try:
            return self.live.begin_tick(late_ms)
        except self.ends_episode as error:
            self._break_off(error)
            return None

    def finish_tick(self, begun: BegunTick) -> None:
        """Finish a tick, and tell the operator what came of it."""
        try:
            tick = self.live.finish_tick(begun)
        except self.ends_episode as error:
            self._break_off(error)
            return
        self.context.feedback.play_switch(tick.switch)
        self._feel(tick.step.action)
        episode = self.live.episode
        if self.state is WindowState.TUTORIAL:
            reading = ControlReadings(self.operator_input.reading.values, self._pressed)
            if self.actions.teach(reading):
                self.signal(WindowEvent.LEARNT)
        elif self.state is WindowState.RECORDING and episode.over:
            self.actions.offered = episode.success
            self.context.feedback.play(Cue.SOLVED if episode.success else Cue.TIME_UP)
            self.signal(WindowEvent.SUCCEEDED if episode.success else WindowEvent.TIMED_OUT)
        self._pressed = frozenset()

    def _break_off(self, error: Exception) -> None:
        """Keep the episode as it is, and go on to the next."""
        self.notice.show(f"recording stopped: {error}", FAILURE_NOTICE_S)
        self.signal(WindowEvent.BROKEN)

    def _feel(self, action: Action) -> None:
        """Let the operator feel and hear what the hand meets, and the end of the time."""
        felt = self._hand.update(self.live.arm, action) if self.live.arm else []
        for event in felt:
            self.context.feedback.play(FELT[event])
            if event.value:
                self.notice.show(event.value, 2.0)
        if self.state is WindowState.RECORDING:
            self.actions.warn_of_time()
