"""The present episode at the window can be reset, driven, rewound and ended in any order.

The event loop holds one OperatorEpisode, which makes its episodes with a Session.
"""

from dataclasses import dataclass, field

from ...datasets.step import Driver, Level
from ...sim_envs.environment import ArmEnv
from ...sim_envs.worlds.contract import Capability, TaskWorld
from ..learning.active_policy import ActivePolicy
from ..session.action_agreement import RunningAgreement
from ..session.assignment import Assignment
from ..session.begun_tick import BegunTick
from ..session.policy_runner import NO_PROPOSAL, Proposal
from ..session.rewind import RewindBuffer
from ..session.session import LiveEpisode, Session
from ..session.subscriber import DrawImages, EpisodeOutcome, Tick
from .session_totals import SessionTotals

BY_HAND = "put the scene in order for: {}; hands off the arm, then start"
"""What a person does before an episode of a real arm."""
PREVIEW_WITHIN_S = 1.0
"""So long the policy may think of what is drawn before it drives; nothing moves meanwhile."""

LIMITS_AT_THE_WINDOW = 4
"""An operator at the window may take this many times longer than the task's own limit."""


@dataclass
class OperatorEpisode:
    """The present episode of a session, in an order that the operator decides."""

    session: Session
    seed: int = 0
    outcomes: list[EpisodeOutcome] = field(default_factory=list)
    """Outcomes of the episodes that were saved."""

    def __post_init__(self) -> None:
        device, alone = self.session.device, Assignment(Level.DEMONSTRATE)
        self._unrecorded = Session(self.env, device, alone, [DrawImages()])
        self._recorded = True
        self.history, self.running_agreement = (
            RewindBuffer(),
            RunningAgreement(self.env.world_spec.action),
        )
        self.totals = SessionTotals()
        self.waits_s: float | None = None
        """How long a call has waited by the clock, where no ticks run meanwhile (a fleet's arm)."""
        self.proposal: Proposal = NO_PROPOSAL
        self.plan_done = 0
        """How many actions of the proposal's plan have been executed."""
        self.laid = 0
        """Number of resets so far."""
        self.reset()

    @property
    def env(self) -> TaskWorld:
        """The session's world."""
        return self.session.env

    @property
    def arm(self) -> ArmEnv | None:
        """The world of the built-in arm, whose scene the window knows; None for another."""
        return self.env if isinstance(self.env, ArmEnv) else None

    @property
    def note(self) -> str:
        """What the operator should know before the next episode; empty for nothing."""
        return BY_HAND.format(self.env.instruction) if self._reset_by_hand else ""

    @property
    def _reset_by_hand(self) -> bool:
        """Whether a person puts the scene in order: a real arm's world resets nothing."""
        return Capability.REAL_TIME in self.env.capabilities

    @property
    def assignment(self) -> Assignment:
        """Level and policy of the next episode, and of the present one unless they just changed."""
        return self.session.assignment

    def reset(self) -> None:
        """Reset the scene to the seed; nothing is recorded yet."""
        self.episode: LiveEpisode = self.session.prepare(self.seed)
        self._recorded = True
        self.laid += 1
        self.history.begin()
        self._preview()

    def begin(self) -> None:
        """Begin to record; where a person put the scene in order, from how it is now."""
        if self._reset_by_hand:
            self.episode = self.session.prepare(self.seed)
        self.episode.begin()
        self.running_agreement = RunningAgreement(self.env.world_spec.action)

    def free_drive(self) -> None:
        """Drive on without recording."""
        if self._recorded:
            self.episode = self._unrecorded.go_on(self.seed, self.episode.observation)
            self._recorded = False

    def tick(self, late_ms: float) -> Tick:
        """Run one control tick."""
        return self.finish_tick(self.begin_tick(late_ms))

    def begin_tick(self, late_ms: float) -> BegunTick:
        """Decide on the next action; a world that runs elsewhere steps until finish_tick()."""
        if self._recorded:
            self.history.add_if_due(self.episode)
        return self.episode.begin_tick(late_ms)

    def finish_tick(self, begun: BegunTick) -> Tick:
        """Finish a tick, and count it."""
        tick = self.episode.finish_tick(begun)
        if self._recorded:
            self.totals.add(tick)
        same = tick.proposal.plan is self.proposal.plan
        self.plan_done = self.plan_done + 1 if same else 1
        self.proposal = tick.proposal
        self.running_agreement.update(tick)
        return tick

    def rewind(self, seconds: float) -> int:
        """Go back in the episode; returns the number of ticks undone."""
        undone = self.history.rewind(self.episode, seconds)
        self._preview()
        return undone

    def end(
        self, verdict: bool, complete: bool = True, discarded: bool = False
    ) -> EpisodeOutcome | None:
        """End the episode; None where nothing is kept: discarded, or without a step."""
        discarded = discarded or self.episode.steps == 0
        outcome = self.episode.end(verdict, complete=complete, discarded=discarded)
        if discarded:
            return None
        self.outcomes.append(outcome)
        self.totals.end(outcome.success)
        return outcome

    def switch_policy(self, active_policy: ActivePolicy | None) -> str:
        """Assign another policy where one is due; what to tell the operator, else empty."""
        switch = active_policy.next_switch(self.assignment) if active_policy else None
        if switch is None:
            return ""
        self.session.assign(switch.assignment)
        return switch.label

    def _preview(self) -> None:
        """Ask the policy what it would do from here, for the screen."""
        self.plan_done = 0
        observation = self.episode.observation
        self.proposal = self.assignment.propose(observation, Driver.NOBODY, PREVIEW_WITHIN_S)
