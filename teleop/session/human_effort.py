"""What episodes cost the human: a subscriber that counts who was busy with what, tick by tick."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...datasets.database import Database, EffortEntry
from ...datasets.step import Level
from ...sim_envs.spaces import CONTROL_HZ, Observation
from .assignment import Assignment
from .effort_entry import effort_entry, kind_of_level
from .levels import ControlState, Switch, supervises
from .subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick

HANDS_CHANGE = frozenset({Switch.TAKEOVER, Switch.ANSWERED, Switch.HAND_BACK})


@dataclass
class EffortCounter(Subscriber):
    """Counts everything that happened, on branches that were left by a rewind too."""

    audited: Callable[[int], bool] = lambda _: False
    """Which seeds of autonomous episodes a person watches."""
    driven: int = 0
    """Ticks that she drove, alone or with the policy, or on which the arm rested before her."""
    watched: int = 0
    """Ticks that she had to watch: every one that the policy drives at supervised, those of
    audited episodes when it is autonomous, and none on call, but for those that she is called."""
    policy: int = 0
    """Ticks that the policy drove."""
    switches: int = 0
    """How often hands changed between the two."""
    requests: int = 0
    episodes: int = 0
    successes: int = 0
    takeovers: list[int] = field(default_factory=list)
    """The length of every takeover, ticks."""

    def on_begin(self, context: EpisodeContext) -> None:
        """An episode begins."""
        self._level, self._before = context.assignment.level, ControlState.RESTING
        self._looks = self._level is Level.SUPERVISED
        self._looks |= self._level is Level.AUTONOMOUS and self.audited(context.seed)

    def on_tick(self, tick: Tick) -> None:
        """Count it."""
        state = tick.state
        self.driven += state in (ControlState.HUMAN, ControlState.BLEND, ControlState.RESTING)
        self.policy += state is ControlState.POLICY
        self.watched += state is ControlState.CALLING or (
            state is ControlState.POLICY and self._looks
        )
        self.switches += tick.switch in HANDS_CHANGE
        self.requests += tick.asked is not None
        if state is ControlState.HUMAN and supervises(self._level):
            if self._before is not ControlState.HUMAN:
                self.takeovers.append(0)
            self.takeovers[-1] += 1
        self._before = state

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """An episode that was thrown away has cost its time, and is counted as none."""
        self.episodes += not outcome.discarded
        self.successes += outcome.success and not outcome.discarded

    def clear(self) -> None:
        """Count from nothing again."""
        self.driven = self.watched = self.policy = self.switches = self.requests = 0
        self.episodes = self.successes = 0
        self.takeovers = []

    def entry(self, level: Level, round_number: int, policy_id: str | None) -> EffortEntry:
        """The ledger's entry for all that was counted."""
        return effort_entry(
            kind_of_level(level),
            round_number,
            policy_id,
            episodes=self.episodes,
            successes=self.successes,
            policy=self.policy,
            driven=self.driven,
            watched=self.watched,
            takeovers=len(self.takeovers),
            switches=self.switches,
            requests=self.requests,
            takeover_s=[ticks / CONTROL_HZ for ticks in self.takeovers],
        )


@dataclass
class EffortLedger(EffortCounter):
    """Enters what was counted in the workspace's ledger, for every policy by itself."""

    database: Database = field(kw_only=True)
    round_number: int = 0

    def on_assign(self, before: Assignment, after: Assignment) -> None:
        """Close the entry of the policy that drove so far."""
        if before.policy_id != after.policy_id:
            self.enter(before)

    def enter(self, assignment: Assignment) -> None:
        """Enter what was spent on an assignment; nothing where no episode was driven."""
        if self.episodes:
            entry = self.entry(assignment.level, self.round_number, assignment.policy_id)
            self.database.add_effort(entry)
            self.clear()
