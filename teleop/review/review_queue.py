"""`ReviewQueue` orders the episodes without a verdict by the priority of judging them.

First come audits, then disagreement, near misses and episodes that are novel to the policy.
`EpisodeReview` asks it for the next episode.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ...datasets.checking.warnings import flags_of
from ...datasets.database import Database, EventKind
from ...datasets.episode import Episode
from ...datasets.judgements.judgement import VERDICT
from ...datasets.judgements.judgement_state import (
    ResolvedJudgements,
    not_undone,
    resolved_by_episode,
)
from ...datasets.judgements.judgements import Judgements
from ...datasets.step import Level
from ...datasets.summary import NO_SEED, EpisodeSummary
from ...datasets.workspace import Workspace
from ...sim_envs.errors import DamagedFile
from ..autonomy.evidence_recorder import audit_sampler
from .prefetch import Prefetcher

AUDIT_PRIORITY, DISPUTE_PRIORITY, NEAR_MISS_PRIORITY = 8.0, 4.0, 2.0
BROKEN_PRIORITY, TAKEOVER_PRIORITY, FLAG_PRIORITY = 1.5, 0.5, 0.5
"""Added up; novelty adds up to 1."""
NOVEL = 0.9
"""Novelty, a quantile of familiar scenes, from which on an episode is called novel."""
NOVEL_SHARE = 0.1
"""Share of an episode's steps that are more novel than the novelty given to it."""


@dataclass(frozen=True)
class Priority:
    """Priority of judging an episode, and its reasons."""

    value: float = 0.0
    why: tuple[str, ...] = ()
    """The reasons as shown to the reviewer, the largest first."""


def recorded_draws(database: Database) -> dict[str, bool]:
    """Episode id -> whether its session drew it for an audit, as recorded in the database."""
    return {
        str(event.payload.get("episode")): bool(event.payload["audited"])
        for event in database.events(EventKind.ON_TRIAL)
        if "audited" in event.payload
    }


def is_audited(summary: EpisodeSummary, draws: Mapping[str, bool] = MappingProxyType({})) -> bool:
    """Whether an unattended episode is in the sample that a person always judges.

    The session's own draw counts, as the operator may have chosen its share; episodes of practice
    have none and are drawn at the default share.
    """
    if summary.header.level != Level.AUTONOMOUS or summary.header.seed == NO_SEED:
        return False
    return draws.get(summary.id, audit_sampler()(summary.header.seed))


def first_priority(
    summary: EpisodeSummary, stands: ResolvedJudgements | None, audited: bool
) -> Priority:
    """Priority from the summary alone, before the episode's arrays are read."""
    parts: list[tuple[float, str]] = []
    if audited:
        parts.append((AUDIT_PRIORITY, "audit"))
    if stands is not None and stands.disputed:
        parts.append((DISPUTE_PRIORITY, "reviewers disagree"))
    if not summary.complete:
        parts.append((BROKEN_PRIORITY, "it broke off"))
    if summary.takeovers:
        parts.append((TAKEOVER_PRIORITY, f"{summary.takeovers} takeovers"))
    return _sum(parts)


def full_priority(episode: Episode, stands: ResolvedJudgements | None, audited: bool) -> Priority:
    """Priority from summary and arrays; the episode may be read without images."""
    summary = episode.summary
    first = first_priority(summary, stands, audited)
    parts = [(first.value, why) for why in first.why[:1]] + [(0.0, why) for why in first.why[1:]]
    judged = summary.success if stands is None or stands.success is None else stands.success
    solved = bool(episode.succeeded[-1])
    if judged != solved:
        person, environment = _word(judged), _word(solved)
        why = f"a person says {person}, the environment {environment}"
        parts.append((DISPUTE_PRIORITY, why))
    stages = max(len(summary.header.stages) - 1, 1)
    reached = float(episode.stage.max()) / stages
    if not solved and reached >= 0.5:
        parts.append((NEAR_MISS_PRIORITY * reached, "near miss"))
    novelty = _novelty(episode)
    if novelty is not None:
        parts.append((novelty, "new to the policy" if novelty >= NOVEL else ""))
    parts += [(FLAG_PRIORITY, f"{flag.name}: {flag.detail}") for flag in flags_of(episode)]
    return _sum(parts)


def best(priorities: Mapping[str, Priority]) -> str | None:
    """The episode of the highest priority, the earliest of equals; None where there is none."""
    return min(priorities, key=lambda name: (-priorities[name].value, name), default=None)


def _novelty(episode: Episode) -> float | None:
    scores = episode.novelty[np.isfinite(episode.novelty)]
    return float(np.quantile(scores, 1 - NOVEL_SHARE)) if len(scores) else None


def _word(success: bool) -> str:
    return "success" if success else "failure"


def _sum(parts: list[tuple[float, str]]) -> Priority:
    ordered = sorted(parts, key=lambda part: -part[0])
    return Priority(sum(value for value, _ in parts), tuple(why for _, why in ordered if why))


AHEAD = 3
"""Episodes that are read ahead."""
JUDGED_BY_OTHERS = -100.0
"""Added to the priority of an episode that others have judged without dispute."""


class ReviewQueue:
    """The episodes that one person has given no verdict on, by priority, none that is excluded.

    Priorities come from summaries at first; the prefetching thread adds those of the arrays.
    """

    def __init__(self, workspace: Workspace, operator: str, only: Iterable[str] = ()) -> None:
        self.summaries = {summary.id: summary for summary in workspace.summaries()}
        judgements = Judgements(workspace.db_path)
        self._stands = resolved_by_episode(judgements)
        self._draws = recorded_draws(judgements)
        verdicts = [e for e in not_undone(judgements.all()) if e.kind == VERDICT]
        own = {event.episode for event in verdicts if event.operator == operator}
        self._others = {event.episode for event in verdicts if event.operator != operator}
        wanted = set(only)
        passed_over = own | {name for name, state in self._stands.items() if state.excluded}
        self.open = {n for n in self.summaries if (n in wanted if wanted else n not in passed_over)}
        """Episodes without a verdict of this person."""
        self.total = len(self.open)
        self.priorities = {name: self._first(name) for name in self.open}
        self._unscored = sorted(self.open, key=lambda name: -self.priorities[name].value)
        self.prefetcher = Prefetcher(self._path, self._score_one)

    @property
    def scoring(self) -> int:
        """How many episodes' arrays have not been scored yet."""
        return len(self._unscored)

    def look_ahead(self, current: str | None = None) -> list[str]:
        """The next episodes by priority, at most `AHEAD`; requests them from the prefetcher."""
        names = self.open - {current}
        ahead: list[str] = []
        priorities = {name: self.priorities[name] for name in names}
        while priorities and len(ahead) < AHEAD:
            name = best(priorities)
            assert name is not None
            del priorities[name]
            ahead.append(name)
        self.prefetcher.request(([current] if current else []) + ahead)
        return ahead

    def next(self, current: str | None = None) -> str | None:
        """The first of the next episodes, one in memory if any is; None when all are judged."""
        ahead = self.look_ahead(current)
        return next(
            (name for name in ahead if self.prefetcher.has(name)), ahead[0] if ahead else None
        )

    def close(self) -> None:
        """Stop reading ahead."""
        self.prefetcher.close()

    def _first(self, name: str) -> Priority:
        summary = self.summaries[name]
        audited = is_audited(summary, self._draws)
        return self._discounted(name, first_priority(summary, self._stands.get(name), audited))

    def _discounted(self, name: str, priority: Priority) -> Priority:
        stands = self._stands.get(name)
        if name in self._others and not (stands and stands.disputed):
            return Priority(priority.value + JUDGED_BY_OTHERS, (*priority.why, "a second opinion"))
        return priority

    def _path(self, name: str) -> Path:
        path = self.summaries[name].path
        assert path is not None  # it was read from there
        return path

    def _score_one(self) -> bool:
        """Score one more episode, False without any; the prefetching thread calls it when idle."""
        if not self._unscored:
            return False
        name = self._unscored.pop(0)
        summary = self.summaries[name]
        if summary.path is not None:
            try:
                episode = Episode.read(summary.path, images=False)
            except DamagedFile:
                return True
            audited = is_audited(summary, self._draws)
            priority = full_priority(episode, self._stands.get(name), audited)
            self.priorities[name] = self._discounted(name, priority)
        return True
