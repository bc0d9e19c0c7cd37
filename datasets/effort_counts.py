"""`EpisodeEffort` counts what an episode costs the operator, step by step in the order of driving.

It reads only what a file holds of a step, so that the count along with a session and the count from
the file are the same. `EffortCounts` are the sums, and `EffortCounts.entry` the ledger's entry.
"""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from ..sim_envs.spaces import CONTROL_HZ
from .database import EffortEntry
from .episode import Episode, in_driving_order
from .step import Driver, Level, Step

OPERATED = frozenset({Level.DEMONSTRATE, Level.SHADOW, Level.ASSIST})
"""Levels at which the operator drives; while the arm rests there, the operator looks or pauses."""
_COLUMNS = ("driver", "reseat", "takeover_id", "policy_actions")


@dataclass
class EffortCounts:
    """Effort of some episodes; steps are those of the main line and of abandoned branches."""

    driven: int = 0
    """Steps that the operator drove, alone or blended, or on which the arm rested while it was the
    operator's to drive."""
    watched: int = 0
    """Steps that the operator had to watch: those of policy and resting arm at supervised and in
    audited autonomous episodes; at on-call those on which the arm waits."""
    policy: int = 0
    """Steps that the policy drove."""
    switches: int = 0
    """How often control passed between operator and policy, a rest in between or not."""
    requests: int = 0
    """How often the policy asked for help."""
    answered: int = 0
    """How often the operator then took over."""
    takeovers: list[int] = field(default_factory=list)
    """The length of every takeover, steps."""
    begun: int = 0
    """Episodes that the operator was there for from the beginning."""
    verdicts: int = 0
    """Those of them that the operator judged, or discarded."""
    episodes: int = 0
    """Episodes that were kept, whoever was there."""
    successes: int = 0

    def add(self, other: "EffortCounts") -> None:
        """Add the counts of further episodes."""
        for f in fields(self):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))

    def entry(
        self,
        kind: str,
        round_number: int,
        policy_id: str | None,
        hz: float = CONTROL_HZ,
        **payload: Any,
    ) -> EffortEntry:
        """The ledger's entry; `payload` is whatever else was noted, as JSON values."""
        return EffortEntry(
            round=round_number,
            kind=kind,
            driven_s=self.driven / hz,
            watched_s=self.watched / hz,
            takeovers=len(self.takeovers),
            episodes=self.episodes,
            payload={
                "steps_human": self.driven,
                "steps_policy": self.policy,
                "successes": self.successes,
                "policy": policy_id,
                "switches": self.switches,
                "requests": self.requests,
                "answered": self.answered,
                "begun": self.begun,
                "verdicts": self.verdicts,
                "takeover_s": [steps / hz for steps in self.takeovers],
                **payload,
            },
        )


class EpisodeEffort:
    """One episode's counts; `count` takes its steps in the order in which they were driven."""

    def __init__(self, level: Level, audited: bool = False) -> None:
        """`audited` says whether the operator watches, if the episode is autonomous."""
        self.counts = EffortCounts()
        self.steps = 0
        self._operates, self._on_call = level in OPERATED, level is Level.ON_CALL
        self._watches = level is Level.SUPERVISED or (level is Level.AUTONOMOUS and audited)
        self._driver, self._control = Driver.NOBODY, Driver.NOBODY
        self._waits, self._takeover = False, -1

    def count_step(self, step: Step) -> None:
        """Count a step of a running episode."""
        action = step.policy_action
        answer = action is not None and bool(np.isfinite(action).all())
        self.count(step.driver, step.reseat, step.takeover_id, answer)

    def count(self, driver: int, reseat: bool, takeover: int, answer: bool) -> None:
        """Count a step by its columns; `answer` says whether the policy had a usable action."""
        counts, now = self.counts, Driver(driver)
        counts.policy += now is Driver.POLICY
        if now is Driver.POLICY:
            counts.watched += self._watches
        elif now is not Driver.NOBODY or self._operates:
            counts.driven += 1
        else:
            counts.watched += self._watches or self._on_call
        self._follow_requests(now, reseat, answer)
        self._follow_control(now, takeover)
        self.steps += 1
        self._driver = now

    def _follow_requests(self, now: Driver, reseat: bool, answer: bool) -> None:
        """At on-call: the policy asks where the arm stops although there is an action, or where
        an arm that rests for want of one is re-seated. A policy that asks on the very step on which
        it loses its action only seems to rest: that its request is missed costs no seconds."""
        if now is not Driver.NOBODY:
            self.counts.answered += self._waits and now is Driver.HUMAN
            self._waits = False
            return
        if self._on_call and reseat and (answer or self._driver is Driver.NOBODY):
            self.counts.requests += 1
            self._waits = True

    def _follow_control(self, now: Driver, takeover: int) -> None:
        if now is not Driver.NOBODY:
            control = Driver.POLICY if now is Driver.POLICY else Driver.HUMAN
            self.counts.switches += self._control not in (control, Driver.NOBODY)
            self._control = control
        if takeover >= 0:
            if takeover != self._takeover:
                self.counts.takeovers.append(0)
                self._takeover = takeover
            self.counts.takeovers[-1] += 1

    def end(self, success: bool, complete: bool, discarded: bool) -> EffortCounts:
        """The counts of the episode with its end; an episode without a step costs nothing."""
        if self.steps:
            there = self._operates or self._watches
            self.counts.begun = int(there)
            self.counts.verdicts = int(there and (complete or discarded))
            self.counts.episodes = int(not discarded)
            self.counts.successes = int(success and not discarded)
        return self.counts


def effort_of_episode(
    episode: Episode, discarded: bool = False, audited: bool = False
) -> EffortCounts:
    """The counts of a recorded episode, with its abandoned branches."""
    effort = EpisodeEffort(Level(episode.summary.header.level), audited)
    rows = in_driving_order(episode, _COLUMNS)
    answers = np.isfinite(rows["policy_actions"]).all(axis=1)
    columns = (rows["driver"], rows["reseat"], rows["takeover_id"], answers)
    for driver, reseat, takeover, answer in zip(*(c.tolist() for c in columns), strict=True):
        effort.count(driver, bool(reseat), takeover, answer)
    return effort.end(episode.summary.success, episode.summary.complete, discarded)
