"""These subscribers count what a session's episodes cost the operator, and enter it in the ledger.

The counting itself is `datasets.effort_counts`, which does the same from an episode's file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...datasets.database import Database, EffortEntry
from ...datasets.effort_counts import EffortCounts, EpisodeEffort
from ...datasets.effort_ledger import COUNTED, EpisodeBegun, note_begun
from ...datasets.step import Level
from ...sim_envs.spaces import Observation
from .assignment import Assignment
from .levels import name
from .subscriber import EpisodeContext, EpisodeOutcome, Subscriber, Tick

KINDS = {Level.DEMONSTRATE: "demonstrations", Level.SUPERVISED: "supervised"}
"""The ledger's names of levels, where they differ from `levels.name`; workspaces hold them."""


def kind_of_level(level: Level) -> str:
    """The ledger's name for episodes of a level."""
    return KINDS.get(level, name(level))


@dataclass
class EffortCounter(Subscriber):
    """Counts the episodes that ended, with the branches abandoned by a rewind."""

    audited: Callable[[int], bool] = lambda _: False
    """Which seeds of autonomous episodes the operator watches."""
    counts: EffortCounts = field(default_factory=EffortCounts)
    """Of the episodes that ended; one that was discarded costs its time and does not count."""

    def on_begin(self, context: EpisodeContext) -> None:
        """Begin to count an episode."""
        level = context.assignment.level
        self._episode = EpisodeEffort(level, self._is_audited(context))

    def _is_audited(self, context: EpisodeContext) -> bool:
        return context.assignment.level is Level.AUTONOMOUS and self.audited(context.seed)

    def on_tick(self, tick: Tick) -> None:
        """Count the step."""
        self._episode.count_step(tick.step)

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Add the episode."""
        ended = (outcome.success, outcome.complete, outcome.discarded)
        self.counts.add(self._episode.end(*ended))

    def entry(
        self, level: Level, round_number: int, policy_id: str | None, **payload: Any
    ) -> EffortEntry:
        """The ledger's entry of the counts."""
        return self.counts.entry(kind_of_level(level), round_number, policy_id, **payload)


@dataclass
class EffortLedger(EffortCounter):
    """Enters the counts in the workspace's ledger, one entry for each level and policy in turn.

    Each episode is noted as it begins. So it is counted from its file where this process dies
    before the entry is made (see `recover_effort`); one that breaks off is counted so as well.
    """

    database: Database = field(kw_only=True)
    round_number: int = 0
    policy_of: Callable[[Assignment], str | None] = lambda assignment: assignment.policy_id
    """The policy that an entry names; each change of it, or of the level, begins another entry."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else every entry says, as JSON values."""
    counted: list[str] = field(default_factory=list)
    """Ids of the episodes in `counts`."""
    _run: str = field(default="", init=False)
    _counts_of: Assignment | None = field(default=None, init=False)
    """The assignment of the episodes in `counts`, and of the running one."""
    _running: bool = field(default=False, init=False)

    def on_begin(self, context: EpisodeContext) -> None:
        """Note the episode, and begin to count it."""
        self._close_unless(context.assignment)
        super().on_begin(context)
        self._counts_of, self._running = context.assignment, True
        self._id = context.episode_id
        self._run = self._run if self.counted else self._id
        note_begun(
            self.database,
            EpisodeBegun(
                episode=self._id,
                run=self._run,
                kind=kind_of_level(context.assignment.level),
                round=self.round_number,
                policy=self.policy_of(context.assignment),
                audited=self._is_audited(context),
                details=self.details,
            ),
        )

    def on_end(
        self, outcome: EpisodeOutcome, observation: Observation, state: NDArray[np.float64]
    ) -> None:
        """Add the episode; one without a step is none."""
        super().on_end(outcome, observation, state)
        self._running = False
        if self._episode.steps:
            self.counted.append(self._id)

    def on_assign(self, before: Assignment, after: Assignment) -> None:
        """Close the entry of the level and policy until now; an episode that runs belongs to it."""
        if not self._running:
            self._close_unless(after)

    def enter(self) -> None:
        """Enter the counts and clear them; nothing where no episode was driven."""
        driven = self._counts_of
        if driven is not None and self.counted:
            policy = self.policy_of(driven)
            payload = {**self.details, COUNTED: self.counted}
            self.database.add_effort(self.entry(driven.level, self.round_number, policy, **payload))
            self.counts, self.counted = EffortCounts(), []

    def _close_unless(self, next_one: Assignment) -> None:
        """Enter the counts unless what comes next belongs to the same entry."""
        now = self._counts_of
        if now is not None and self._kept_apart(now) != self._kept_apart(next_one):
            self.enter()

    def _kept_apart(self, assignment: Assignment) -> tuple[Level, str | None]:
        return assignment.level, self.policy_of(assignment)
