"""A `SessionArm` is one arm of a fleet: a session that records, driven by its policy, on call.

`Fleet` steps it once a control tick. While it waits for help it is frozen: no tick runs, nothing is
recorded, and it costs nothing.
"""

from collections.abc import Callable, Iterator

import numpy as np

from ...sim_envs.worlds.arm_spec import EE_POS
from ..session.assignment import Assignment
from ..session.levels import ControlState
from ..session.session import LiveEpisode, Session
from ..session.subscriber import EpisodeOutcome, Tick
from .arm_view import ArmView
from .failure_prediction import ArmSignals, FailurePrediction
from .focused_device import FocusedDevice
from .shift import ArmTick, Shift

NextAssignment = Callable[[Assignment], Assignment | None]
"""What an arm does next, given what it does now; None to go on with that."""


class SessionArm:
    """A session, its present episode, and how long it waits."""

    def __init__(
        self,
        number: int,
        session: Session,
        seeds: Iterator[int],
        prediction: FailurePrediction,
        shift: Shift,
        reset_s: float = 2.0,
        next_assignment: NextAssignment = lambda _: None,
    ) -> None:
        """`seeds` are shared by the fleet; `reset_s` is how long the scene takes to be reset."""
        assert isinstance(session.device, FocusedDevice)
        self.number, self.session, self.device = number, session, session.device
        self.seed = -1
        self.episode: LiveEpisode
        self.outcomes: list[EpisodeOutcome] = []
        self._seeds, self._prediction, self._shift = seeds, prediction, shift
        self._next_assignment = next_assignment
        self._hz = session.env.world_spec.control_hz
        self._signals = ArmSignals(prediction.rules, self._hz)
        self._reset_ticks = round(reset_s * self._hz)
        self._resetting, self._waited, self._waited_before, self._budget = 0, 0, 0, None
        self._novelty = float("nan")
        self.begin()

    @property
    def calling(self) -> bool:
        """Whether it waits for help."""
        return self.episode.calling is not None and not self.episode.over

    @property
    def needs_hands(self) -> bool:
        """Whether it waits for help, or is driven by the operator."""
        human = self.episode.authority.state is ControlState.HUMAN
        return not self.episode.over and (self.calling or human)

    def begin(self) -> None:
        """Begin the next episode, with another policy where one is due."""
        following = self._next_assignment(self.session.assignment)
        if following is not None:
            self.session.assign(following)
        self.seed = next(self._seeds)
        self._waited, self._resetting = 0, 0
        self._signals.begin()
        self.episode = self.session.prepare(self.seed)
        self.episode.begin()

    def step(self, late_ms: float = 0.0) -> None:
        """One control tick: drive, wait, or be reset."""
        if self.episode.over:
            self._resetting += 1
            self._shift.count(ArmTick.RESETTING)
            if self._resetting >= self._reset_ticks:
                self.begin()
        elif self.calling and not self.device.in_focus:
            self._waited += 1
            self._shift.count(ArmTick.WAITING)
        else:
            self._drive(late_ms)

    def attend(self, in_focus: bool) -> None:
        """The operator's attention comes to this arm, or leaves it."""
        self.device.in_focus = in_focus

    def dismiss(self) -> None:
        """Let the policy go on without help, until the episode ends."""
        self.session.assignment.monitor.mute()
        self.episode.authority.rest()
        self.episode.calling = None
        self._answered(by_hand=False)

    def view(self) -> ArmView:
        """The arm as it is now."""
        signals = self._signals.now
        return ArmView(
            number=self.number,
            calling=self.episode.calling if self.calling else None,
            waited_s=self._waited / self._hz,
            waited_before_s=self._waited_before / self._hz,
            novelty=signals.novelty,
            stalled_s=signals.stalled_s,
            driven_s=signals.driven_s,
            risk=self._prediction.risk(signals),
        )

    def stop(self) -> None:
        """Keep a running episode as incomplete."""
        if not self.episode.over:
            self.episode.end(False, complete=False, discarded=self.episode.steps == 0)

    def _drive(self, late_ms: float) -> None:
        waiting = self.calling
        tick = self.episode.tick(late_ms)
        if tick.asked is not None:
            self._shift.asked(self.number)
        if waiting and not self.calling:
            self._answered(by_hand=True)
        self._follow(tick)
        if self.episode.over:
            self.outcomes.append(self.episode.end())
            self._shift.ended(self.number, self.outcomes[-1])

    def _answered(self, by_hand: bool) -> None:
        self._shift.answered(self._waited / self._hz, by_hand)
        self._waited_before, self._waited = self._waited_before + self._waited, 0

    def _follow(self, tick: Tick) -> None:
        if tick.state is ControlState.HUMAN:
            self._signals.begin()
            self._shift.count(ArmTick.HUMAN)
            return
        place = np.asarray(tick.step.observation.get(EE_POS, np.full(3, np.nan)), np.float64)
        self._signals.add(tick.step.novelty, place)
        self._shift.count(ArmTick.POLICY)
