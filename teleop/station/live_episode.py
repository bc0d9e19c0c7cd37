"""The window's episode: reset, driven with recording or without, rewound, ended."""

from dataclasses import dataclass, field

from ...datasets.step import Driver, Level
from ...sim_envs.environment import ArmEnv
from ..session.assignment import Assignment
from ..session.policy_runner import NO_PROPOSAL, Proposal
from ..session.rewind import RewindBuffer
from ..session.session import LiveEpisode, Session
from ..session.subscriber import DrawImages, EpisodeOutcome, Tick

LIMITS_AT_THE_WINDOW = 4
"""A person at the window may take this many times longer than the task's own limit."""


@dataclass
class OperatorEpisode:
    """The present episode of a session, in an order that the operator decides."""

    session: Session
    seed: int = 0
    outcomes: list[EpisodeOutcome] = field(default_factory=list)
    """Of the episodes that were saved."""

    def __post_init__(self) -> None:
        device, alone = self.session.device, Assignment(Level.DEMONSTRATE)
        self._unrecorded = Session(self.env, device, alone, [DrawImages()])
        self._recorded = True
        self.history = RewindBuffer()
        self.proposal: Proposal = NO_PROPOSAL
        self.plan_done = 0
        """How many actions of the proposal's plan have been executed."""
        self.laid = 0
        """Counts the scenes."""
        self.reset()

    @property
    def env(self) -> ArmEnv:
        """The session's environment."""
        return self.session.env

    @property
    def assignment(self) -> Assignment:
        """Level and policy of the next episode, and of the present one unless they just changed."""
        return self.session.assignment

    def reset(self) -> None:
        """Reset the world to the seed; nothing is recorded yet."""
        self.episode: LiveEpisode = self.session.prepare(self.seed)
        self._recorded = True
        self.laid += 1
        self.history.begin()
        self._preview()

    def begin(self) -> None:
        """Begin to record."""
        self.episode.begin()

    def free_drive(self) -> None:
        """Drive on without recording."""
        if self._recorded:
            self.episode = self._unrecorded.go_on(self.seed, self.episode.observation)
            self._recorded = False

    def tick(self, late_ms: float) -> Tick:
        """One control tick."""
        if self._recorded:
            self.history.add_if_due(self.episode)
        tick = self.episode.tick(late_ms)
        same = tick.proposal.plan is self.proposal.plan
        self.plan_done = self.plan_done + 1 if same else 1
        self.proposal = tick.proposal
        return tick

    def rewind(self, seconds: float) -> int:
        """Go back; returns the ticks undone."""
        undone = self.history.rewind(self.episode, seconds)
        self._preview()
        return undone

    def end(
        self, verdict: bool, complete: bool = True, discarded: bool = False
    ) -> EpisodeOutcome | None:
        """End the episode; None where nothing is kept: thrown away, or not a step long."""
        discarded = discarded or self.episode.steps == 0
        outcome = self.episode.end(verdict, complete=complete, discarded=discarded)
        if discarded:
            return None
        self.outcomes.append(outcome)
        return outcome

    def _preview(self) -> None:
        """What the policy would do from here, for the screen."""
        self.plan_done = 0
        self.proposal = self.assignment.propose(self.episode.observation, Driver.NOBODY)
