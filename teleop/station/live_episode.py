"""The scene before the operator: its world, the episode in it, and the way back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...datasets.step import Driver, Level
from ...sim_envs.environment import ArmEnv
from ...sim_envs.spaces import Observation
from ..devices.operator_input import Hands
from ..session.help_requests import Alarm
from ..session.policy_runner import NO_PROPOSAL, Pilot, Proposal
from ..session.recording import Recording
from ..session.rewind import History
from ..session.session import Episode, Outcome, Session, Subscriber, Tick

LIMITS_AT_THE_WINDOW = 4
"""A person at the window may take this many times longer than the task's own limit."""


class ForTheEye:
    """Listens so that images are drawn even where nothing is recorded."""

    wants_images = True

    def on_begin(self, env: ArmEnv, seed: int, level: Level, operator: str) -> None:
        """Nothing to prepare."""

    def on_tick(self, tick: Tick) -> None:
        """Nothing to keep."""

    def on_end(
        self, outcome: Outcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Nothing to finish."""


@dataclass
class Scene:
    """Laid from a seed; driven with recording or without; rewound; ended."""

    env: ArmEnv
    hands: Hands
    level: Level
    recording: Recording
    pilot: Pilot | None
    on_saved: Callable[[], object]
    """Called from another thread once an episode is on the disk."""
    seed: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    """Of the episodes that were saved."""
    listeners: Sequence[Subscriber] = ()
    """Who listens beside the recording: the ledger, the ladder."""
    alarm: Alarm | None = None
    """When a policy on call asks for help."""

    def __post_init__(self) -> None:
        self.max_steps = self.env.task.max_steps * LIMITS_AT_THE_WINDOW
        listeners: list[Subscriber] = [self.recording, *self.listeners]
        self._session = Session(
            self.env,
            self.hands,
            self.level,
            self.pilot,
            listeners,
            None,
            self.max_steps,
            self.alarm,
        )
        self._loose = Session(self.env, self.hands, Level.DEMONSTRATE, None, [ForTheEye()])
        self.history = History()
        self.proposal: Proposal = NO_PROPOSAL
        self.plan_done = 0
        """How many actions of the proposal's plan have been executed."""
        self.laid = 0
        """Counts the scenes."""
        self.lay()

    def lay(self) -> None:
        """Reset the world to the seed; nothing is recorded yet."""
        self.episode: Episode = self._session.prepare(self.seed)
        self.laid += 1
        self.history.begin()
        self._foresee()

    def lower(self, level: Level) -> None:
        """The next episode is driven at another level."""
        self.level = self._session.level = level

    def relieve(self, policy: str, pilot: Pilot, level: Level, alarm: Alarm) -> None:
        """Another policy takes over; the scene must be laid again before the next episode."""
        self.pilot = self._session.pilot = pilot
        self.alarm = self._session.alarm = alarm
        self.recording.policy_id = policy
        self.lower(level)

    def begin(self) -> None:
        """Begin to record."""
        self.episode.begin()

    def loosen(self) -> None:
        """Drive on without recording."""
        if self.episode.session is not self._loose:
            self.episode = Episode(self._loose, self.seed, self.episode.observation)

    def tick(self, late_ms: float) -> Tick:
        """One control tick."""
        if self.episode.session is self._session:
            self.history.keep_up(self.episode)
        tick = self.episode.tick(late_ms)
        same = tick.proposal.plan is self.proposal.plan
        self.plan_done = self.plan_done + 1 if same else 1
        self.proposal = tick.proposal
        return tick

    def rewind(self, seconds: float) -> int:
        """Go back; returns the ticks undone."""
        undone = self.history.back(self.episode, seconds)
        self.recording.rewind(undone)
        self._foresee()
        return undone

    def end(self, verdict: bool, complete: bool = True, discarded: bool = False) -> Outcome | None:
        """End the episode; None where nothing is kept: thrown away, or not a step long."""
        discarded = discarded or self.episode.steps == 0
        outcome = self.episode.end(verdict, complete=complete, discarded=discarded)
        if discarded:
            return None
        self.outcomes.append(outcome)
        if self.recording.saved:
            self.recording.saved.add_done_callback(lambda _: self.on_saved())
        return outcome

    def _foresee(self) -> None:
        """What the policy would do from here, for the screen."""
        self.proposal, self.plan_done = NO_PROPOSAL, 0
        if self.pilot:
            self.proposal = self.pilot.propose(self.episode.observation, Driver.NOBODY)
