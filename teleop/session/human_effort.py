"""What episodes cost the operator: subscribers count it tick by tick, and enter it in the ledger.

`EffortCounter` holds the counts and `EffortLedger` enters them by policy; `effort_entry` makes the
entry, and `recorded_effort` counts the same from episodes that are on the disk.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...datasets.database import Database, EffortEntry
from ...datasets.step import Level
from ...datasets.summary import EpisodeSummary
from ...sim_envs.spaces import CONTROL_HZ, Observation
from .assignment import Assignment
from .levels import ControlState, Switch, name, supervises
from .subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick

KINDS = {Level.DEMONSTRATE: "demonstrations", Level.SUPERVISED: "supervised"}
"""The ledger's names of levels, where they differ from `levels.name`; workspaces hold them."""


def kind_of_level(level: Level) -> str:
    """The ledger's name for episodes of a level."""
    return KINDS.get(level, name(level))


def effort_entry(
    kind: str,
    round_number: int,
    policy_id: str | None,
    *,
    episodes: int,
    successes: int,
    policy: int,
    driven: int = 0,
    watched: int = 0,
    takeovers: int = 0,
    hz: float = CONTROL_HZ,
    **payload: Any,
) -> EffortEntry:
    """An entry from ticks that the operator drove, had to watch, and that the policy drove.

    `payload` is whatever else was counted, as JSON values.
    """
    return EffortEntry(
        round=round_number,
        kind=kind,
        driven_s=driven / hz,
        watched_s=watched / hz,
        takeovers=takeovers,
        episodes=episodes,
        payload={
            "steps_human": driven,
            "steps_policy": policy,
            "successes": successes,
            "policy": policy_id,
            **payload,
        },
    )


def recorded_effort(
    done: Sequence[EpisodeSummary],
    level: Level,
    round_number: int,
    policy_id: str | None,
    hz: float,
) -> EffortEntry:
    """The entry of supervised or demonstrated episodes from their files, where no session counted.

    Every step of the policy counts as watched.
    """
    policy = sum(summary.policy_steps for summary in done)
    return effort_entry(
        kind_of_level(level),
        round_number,
        policy_id,
        episodes=len(done),
        successes=sum(summary.success for summary in done),
        policy=policy,
        driven=sum(summary.human_steps for summary in done),
        watched=policy,
        takeovers=sum(summary.takeovers for summary in done),
        hz=hz,
    )


CONTROL_CHANGES = frozenset({Switch.TAKEOVER, Switch.ANSWERED, Switch.HAND_BACK})


@dataclass
class EffortCounter(Subscriber):
    """Counts the operator's and the policy's ticks, on branches abandoned by a rewind too."""

    audited: Callable[[int], bool] = lambda _: False
    """Which seeds of autonomous episodes the operator watches."""
    driven: int = 0
    """Ticks that the operator drove, alone or blended, or on which the arm rested."""
    watched: int = 0
    """Ticks that the operator had to watch: every one that the policy drives at supervised and in
    audited autonomous episodes; at on-call only those on which the arm waits for help."""
    policy: int = 0
    """Ticks that the policy drove."""
    switches: int = 0
    """How often control passed between operator and policy."""
    requests: int = 0
    episodes: int = 0
    successes: int = 0
    takeovers: list[int] = field(default_factory=list)
    """The length of every takeover, ticks."""

    def on_begin(self, context: EpisodeContext) -> None:
        """Note the level, and whether the policy's ticks are watched."""
        self._level, self._before = context.assignment.level, ControlState.RESTING
        self._watches = self._level is Level.SUPERVISED
        self._watches |= self._level is Level.AUTONOMOUS and self.audited(context.seed)

    def on_tick(self, tick: Tick) -> None:
        """Count the tick."""
        state = tick.state
        self.driven += state in (ControlState.HUMAN, ControlState.BLEND, ControlState.RESTING)
        self.policy += state is ControlState.POLICY
        self.watched += state is ControlState.CALLING or (
            state is ControlState.POLICY and self._watches
        )
        self.switches += tick.switch in CONTROL_CHANGES
        self.requests += tick.asked is not None
        if state is ControlState.HUMAN and supervises(self._level):
            if self._before is not ControlState.HUMAN:
                self.takeovers.append(0)
            self.takeovers[-1] += 1
        self._before = state

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Count the episode; one that was discarded costs its time and does not count."""
        self.episodes += not outcome.discarded
        self.successes += outcome.success and not outcome.discarded

    def clear(self) -> None:
        """Set all counts to zero."""
        self.driven = self.watched = self.policy = self.switches = self.requests = 0
        self.episodes = self.successes = 0
        self.takeovers = []

    def entry(self, level: Level, round_number: int, policy_id: str | None) -> EffortEntry:
        """The ledger's entry of the counts."""
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
    """Enters the counts in the workspace's ledger, one entry per policy."""

    database: Database = field(kw_only=True)
    round_number: int = 0

    def on_assign(self, before: Assignment, after: Assignment) -> None:
        """Close the entry of the policy that drove so far."""
        if before.policy_id != after.policy_id:
            self.enter(before)

    def enter(self, assignment: Assignment) -> None:
        """Enter the counts of an assignment and clear them; nothing where no episode was driven."""
        if self.episodes:
            entry = self.entry(assignment.level, self.round_number, assignment.policy_id)
            self.database.add_effort(entry)
            self.clear()
