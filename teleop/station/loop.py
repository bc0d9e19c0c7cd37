"""The operator's seat: one loop that hears the hands, keeps the tick, and draws in between."""

from collections.abc import Callable

from ...sim_envs.errors import RecordingError
from ...sim_envs.spaces import CONTROL_HZ
from ..devices.controls import Control, ControlReadings
from ..devices.sdl import pygame
from ..session.action_agreement import RunningAgreement
from ..session.command import Request
from ..session.pacing import RateMeter, RealTime
from ..session.subscriber import EpisodeOutcome
from .cues import SWITCH_CUES, Cue
from .live_episode import OperatorEpisode
from .options import OperatorContext
from .states import (
    HOLDS_EPISODE,
    TICKING,
    Signal,
    WindowEffect,
    WindowEvent,
    WindowState,
    transition,
)
from .tutorial import EXERCISES, Tutorial

REWIND_S, SCRUB_S = 2.0, 0.5
SLOWNESSES = (1, 2, 4)
GOING_ON = (Request.START, Request.FREEZE)
ACCEPT_S = 5.0
"""A success that the task has seen is saved after this, when nobody objects."""
NOTICE_S, SWITCH_NOTICE_S, FAILURE_NOTICE_S = 4.0, 10.0, 30.0
SAVED_WORDS = {True: "saved as a success", False: "saved as a failure"}
SLACK_S = 0.0015
"""A tick is waited for when it is due within this time; before that there are things to do."""
NAP_S, SHORTEST_NAP_S = 0.004, 0.0001
"""Longest and shortest sleep: the hands are heard at least every longest one."""


class StationLoop:
    """Hears, decides, ticks; `draw` is called whenever there may be time for a frame."""

    def __init__(
        self,
        context: OperatorContext,
        scene: OperatorEpisode,
        draw: Callable[["StationLoop"], float],
    ) -> None:
        self.context, self.scene, self.operator_input, self.options = (
            context,
            scene,
            context.operator_input,
            context.options,
        )
        self.state = WindowState.READY
        self.meter = RateMeter(context.clock)
        self.pace = RealTime(CONTROL_HZ, context.clock, context.sleep)
        self.tutorial, self.running_agreement = Tutorial(), RunningAgreement()
        self.slowness, self.help = 1, False
        self.lost, self.offered = "", False
        self._notice, self._notice_until = "", 0.0
        self._since = context.clock()
        self._pressed: frozenset[Control] = frozenset()
        self._draw, self._asked_to_quit = draw, False
        if self.options.tutorial:
            self.signal(Request.TUTORIAL)
        self.operator_input.reset_timeout()

    def run(self) -> list[EpisodeOutcome]:
        """Sit there until the window is closed or enough episodes are saved."""
        while self.state is not WindowState.CLOSED:
            self.step()
        return self.scene.outcomes

    def leave(self) -> None:
        """Save and leave at the next turn; may be called from a signal's handler."""
        self._asked_to_quit = True

    def step(self) -> None:
        """Hear the hands; then tick, draw or wait, whichever is due."""
        self.process_events()
        ahead = self.pace.ahead_s() if self.state in TICKING else float("inf")
        if ahead <= SLACK_S:
            self._tick(self.pace.wait())
            return
        wait = self._draw(self)
        if wait > 0:
            self.context.sleep(max(SHORTEST_NAP_S, min(wait, ahead - SLACK_S, NAP_S)))

    def process_events(self) -> None:
        """Everything that was touched, and what follows from it."""
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                self._asked_to_quit = True
            self.operator_input.handle(event)
        look = self.operator_input.sample(self.state in TICKING)
        self._pressed |= look.pressed
        if look.lost:
            self._lose(look.lost)
        for request in sorted(look.requests, key=lambda request: request.name):
            self._answer(request)
        if self._asked_to_quit:
            self.signal(Request.QUIT)
        offered = self.state is WindowState.VERDICT and self.offered and self.operator_input.focused
        if offered and self.seconds_in_state > ACCEPT_S:
            self.signal(WindowEvent.ACCEPTED)
        self.context.feedback.update(self.operator_input.source)

    @property
    def seconds_in_state(self) -> float:
        """How long the state has lasted."""
        return self.context.clock() - self._since

    @property
    def notice(self) -> str:
        """The short message that is to be shown now."""
        return self._notice if self.context.clock() < self._notice_until else ""

    def show_notice(self, notice: str, seconds: float = NOTICE_S) -> None:
        """Show a short message."""
        self._notice, self._notice_until = notice, self.context.clock() + seconds

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
            self.show_notice(str(error), FAILURE_NOTICE_S)
            self.signal(
                WindowEvent.REFUSED if WindowEffect.BEGIN in move.effects else WindowEvent.BROKEN
            )
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
        elif (
            request in GOING_ON
            and self.state is WindowState.PAUSED
            and not self.operator_input.neutral
        ):
            self.show_notice("let go of everything first, then go on", 2.0)
        else:
            self.signal(request)

    def _lose(self, reason: str) -> None:
        if self.state in TICKING:
            self.context.feedback.play(Cue.LOST)
        if self.state in (WindowState.FREE, WindowState.TUTORIAL):
            self.show_notice(f"{reason}: let go of everything, then hold the clutch")
        self.signal(WindowEvent.LOST)
        if self.state is WindowState.PAUSED:
            self.lost = reason

    def _tick(self, late_ms: float) -> None:
        try:
            tick = self.scene.tick(late_ms)
        except RecordingError as error:
            self.show_notice(f"recording stopped: {error}", FAILURE_NOTICE_S)
            self.signal(WindowEvent.BROKEN)
            return
        self.meter.tick(late_ms)
        self.running_agreement.update(tick)
        if tick.switch and tick.switch in SWITCH_CUES:
            self.context.feedback.play(SWITCH_CUES[tick.switch])
        episode = self.scene.episode
        if self.state is WindowState.TUTORIAL:
            self._teach()
        elif self.state is WindowState.RECORDING and episode.over:
            self.offered = episode.success
            self.signal(WindowEvent.SUCCEEDED if episode.success else WindowEvent.TIMED_OUT)
        self._pressed = frozenset()

    def _teach(self) -> None:
        reading = ControlReadings(self.operator_input.reading.values, self._pressed)
        arm = self.scene.env.arm
        if self.tutorial.watch(reading, arm.tool(), arm.controller.closing, self.pace.period_s):
            self.context.feedback.play(Cue.LEARNT)
        if self.tutorial.over:
            self.show_notice(
                f"Well done: {len(EXERCISES)} of {len(EXERCISES)}. From here on it counts."
            )
            self.signal(WindowEvent.LEARNT)

    def _begin(self) -> None:
        self.scene.begin()
        self.running_agreement = RunningAgreement()
        self._resume()
        self.context.feedback.play(Cue.STARTED)

    def _resume(self) -> None:
        """Count time from now."""
        if self.state not in HOLDS_EPISODE:
            self.scene.free_drive()
        self.pace.begin()
        self.meter.rest()

    def _show_tutorial(self) -> None:
        self.tutorial = Tutorial()
        self._resume()

    def _rewind(self, seconds: float) -> None:
        undone = self.scene.rewind(seconds)
        self.context.feedback.play(Cue.REWOUND)
        self.show_notice(f"back by {undone / CONTROL_HZ:.1f} s", 1.5)

    def _save(self, verdict: bool) -> None:
        outcome = self.scene.end(verdict)
        if outcome and self.context.active_policy:
            self.context.active_policy.episode_over()
        self.context.feedback.play(Cue.SAVED if outcome else Cue.DISCARDED)
        self.show_notice(
            "nothing was recorded yet" if outcome is None else SAVED_WORDS[verdict], 2.0
        )

    def _next(self) -> None:
        if self.options.episodes is not None:
            self._asked_to_quit |= len(self.scene.outcomes) >= self.options.episodes
        self.scene.seed = self.options.seeds.after(self.scene.seed)
        self._relieve()
        self.scene.reset()

    def _relieve(self) -> None:
        """Between two episodes: another policy takes over where one shall."""
        active_policy = self.context.active_policy
        if active_policy and (policy_switch := active_policy.next_switch(self.scene.assignment)):
            self.scene.session.assign(policy_switch.assignment)
            self.show_notice(policy_switch.label, SWITCH_NOTICE_S)

    def _roll_back(self) -> None:
        """Set the policy aside: at once between two episodes, else with the next one."""
        if self.context.active_policy:
            self.show_notice(
                self.context.active_policy.roll_back(self.scene.assignment), SWITCH_NOTICE_S
            )
            if self.state is WindowState.READY:
                self._relieve()
                self.scene.reset()

    def _drop(self) -> None:
        self.scene.end(False, discarded=True)
        self.context.feedback.play(Cue.DISCARDED)


_ACTIONS: dict[WindowEffect, Callable[[StationLoop], object]] = {
    WindowEffect.BEGIN: StationLoop._begin,
    WindowEffect.RESET: lambda loop: loop.scene.reset(),
    WindowEffect.NEXT: StationLoop._next,
    WindowEffect.SAVE_SUCCESS: lambda loop: loop._save(True),
    WindowEffect.SAVE_FAILURE: lambda loop: loop._save(False),
    WindowEffect.SAVE_OFFERED: lambda loop: loop._save(loop.offered),
    WindowEffect.KEEP: lambda loop: loop.scene.end(False, complete=False),
    WindowEffect.DROP: StationLoop._drop,
    WindowEffect.BACK: lambda loop: loop._rewind(REWIND_S),
    WindowEffect.BACK_A_LITTLE: lambda loop: loop._rewind(SCRUB_S),
    WindowEffect.RESUME: StationLoop._resume,
    WindowEffect.SHOW_TUTORIAL: StationLoop._show_tutorial,
}
"""What the effects of the flow mean here."""
