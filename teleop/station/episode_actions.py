"""`EpisodeActions` carries out what the table of states wants done with the present episode.

The event loop calls it with an effect; cues and notices for the operator go along with each.
"""

from collections.abc import Callable, Mapping

from ..devices.controls import Control, ControlReadings
from ..session.pacing import RateMeter, RealTime
from ..ui.depth_aid import OrderState, what_is_between
from .cues import SWITCH_NOTICE_S, Cue, Notice
from .last_verdict import LastVerdict
from .live_episode import OperatorEpisode
from .options import OperatorContext
from .states import WindowEffect
from .tutorial import FINISHED, Tutorial

REWIND_S, SCRUB_S = 2.0, 0.5
TIME_LOW_S = 10.0
"""So long before the end of an episode's time the operator is told."""


class EpisodeActions:
    """The present episode and everything that is told along with its beginning and end."""

    def __init__(self, context: OperatorContext, live: OperatorEpisode, notice: Notice) -> None:
        self.context, self.live, self.notice = context, live, notice
        self.meter = RateMeter(context.clock)
        self.pace = RealTime(live.env.world_spec.control_hz, context.clock, context.sleep)
        self.tutorial, self.last_verdict = Tutorial(), LastVerdict(context.judge)
        self.offered = False
        """The verdict that the environment offers for an episode that is over."""
        self.done = False
        """Whether enough episodes are saved."""
        self._effects: Mapping[WindowEffect, Callable[[], object]] = {
            WindowEffect.BEGIN: self._begin,
            WindowEffect.RESET: live.reset,
            WindowEffect.NEXT: self._next,
            WindowEffect.SAVE_SUCCESS: lambda: self._save(True),
            WindowEffect.SAVE_FAILURE: lambda: self._save(False),
            WindowEffect.SAVE_OFFERED: lambda: self._save(self.offered),
            WindowEffect.KEEP: lambda: live.end(False, complete=False),
            WindowEffect.DROP: self._drop,
            WindowEffect.BACK: lambda: self._rewind(REWIND_S),
            WindowEffect.BACK_A_LITTLE: lambda: self._rewind(SCRUB_S),
            WindowEffect.RESUME: self._resume,
            WindowEffect.DRIVE_UNRECORDED: self._drive_unrecorded,
            WindowEffect.SHOW_TUTORIAL: self._show_tutorial,
        }

    def carry_out(self, effect: WindowEffect) -> None:
        """Do what a transition wants done; raises RecordingError where the disk refuses."""
        self._effects[effect]()

    def roll_back(self, at_once: bool) -> None:
        """Set the policy aside: at once between two episodes, else with the next one."""
        if active_policy := self.context.active_policy:
            self.notice.show(active_policy.roll_back(self.live.assignment), SWITCH_NOTICE_S)
            if at_once:
                self._switch_and_reset()

    def warn_of_time(self) -> None:
        """Tell the operator when little of the episode's time is left."""
        left = self.live.session.max_steps - self.live.episode.steps
        if left / self.live.env.world_spec.control_hz == TIME_LOW_S:
            self.context.feedback.play(Cue.TIME_LOW)
            self.notice.show(f"{TIME_LOW_S:.0f} s are left", 3.0)

    def teach(self, reading: ControlReadings[Control]) -> bool:
        """Let the tutorial watch a tick; whether it is over."""
        env = self.live.arm
        if env is None:
            self.notice.show("the tutorial is for the built-in arm")
            return True
        between = what_is_between(env, OrderState.of(env)) is not None
        if self.tutorial.watch(reading, env.tool(), env.closing, self.pace.period_s, between):
            self.context.feedback.play(Cue.LEARNT)
        if self.tutorial.over:
            self.notice.show(FINISHED)
        return self.tutorial.over

    def turn_last_verdict(self) -> None:
        """Turn the verdict of the last saved episode around, and say so."""
        self.notice.show(self.last_verdict.turn())

    def _begin(self) -> None:
        self.live.begin()
        self._resume()
        self.context.feedback.play(Cue.STARTED)

    def _resume(self) -> None:
        """Count time from now."""
        self.pace.begin()
        self.meter.rest()

    def _drive_unrecorded(self) -> None:
        self.live.free_drive()
        self._resume()

    def _show_tutorial(self) -> None:
        self.tutorial = Tutorial()
        self._drive_unrecorded()

    def _rewind(self, seconds: float) -> None:
        if not self.live.env.goes_back:
            self.notice.show("this world cannot go back: it does not repeat an episode", 3.0)
            return
        undone = self.live.rewind(seconds)
        self.context.window.drop_presses()
        self.context.feedback.play(Cue.REWOUND)
        self.notice.show(f"back by {undone / self.live.env.world_spec.control_hz:.1f} s", 1.5)

    def _save(self, verdict: bool) -> None:
        episode = self.live.episode.context.episode_id
        outcome = self.live.end(verdict)
        if outcome is None:
            self.context.feedback.play(Cue.DISCARDED)
            self.notice.show("nothing was recorded yet", 2.0)
            return
        if self.context.active_policy:
            self.context.active_policy.episode_over()
        self.last_verdict.give(episode, verdict)
        self.context.feedback.play(Cue.SAVED)
        self.notice.show(f"saved as a {'success' if verdict else 'failure'}", 2.0)

    def _next(self) -> None:
        self.done |= self.context.options.enough(len(self.live.outcomes))
        self.live.seed = self.context.options.seeds.after(self.live.seed)
        self._switch_and_reset()

    def _switch_and_reset(self) -> None:
        """Between two episodes: switch the policy where another is due, and reset."""
        if label := self.live.switch_policy(self.context.active_policy):
            self.notice.show(label, SWITCH_NOTICE_S)
        self.live.reset()

    def _drop(self) -> None:
        self.live.end(False, discarded=True)
        self.context.feedback.play(Cue.DISCARDED)
