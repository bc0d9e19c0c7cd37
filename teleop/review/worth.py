"""Where a judgement is worth most: audits, disagreement, near misses, what is new to the policy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...datasets.database import Database
from ...datasets.episode import Episode
from ...datasets.flags import flags_of
from ...datasets.standing import Standing
from ...datasets.step import Level
from ...datasets.summary import EpisodeSummary
from ..audit import auditor

AUDIT = "audit"
"""Kind of the events that ask for an audit; their payload has `episode`."""
AUDIT_WORTH, DISPUTE_WORTH, NEAR_MISS_WORTH, BROKEN_WORTH, TAKEOVER_WORTH, FLAG_WORTH = (
    8.0, 4.0, 2.0, 1.5, 0.5, 0.5,
)  # fmt: skip
NOVEL = 0.9
"""From this quantile of familiar scenes on an episode is called novel."""
NOVEL_SHARE = 0.1
"""The most novel share of an episode's steps speaks for it."""


@dataclass(frozen=True)
class Worth:
    """What judging an episode is worth, and why."""

    value: float = 0.0
    why: tuple[str, ...] = ()
    """In words for people, the weightiest first."""


def audits(database: Database) -> frozenset[str]:
    """The episodes whose audit somebody asked for."""
    return frozenset(str(event.payload.get("episode")) for event in database.events(AUDIT))


def is_audited(summary: EpisodeSummary, asked: frozenset[str] = frozenset()) -> bool:
    """Whether an unattended episode is one of those that a person looks at in any case."""
    if summary.id in asked:
        return True
    return summary.header.level == Level.AUTONOMOUS and auditor()(summary.header.seed)


def first_worth(summary: EpisodeSummary, stands: Standing | None, audited: bool) -> Worth:
    """What is known before an episode's arrays are read."""
    parts: list[tuple[float, str]] = []
    if audited:
        parts.append((AUDIT_WORTH, "audit"))
    if stands is not None and stands.disputed:
        parts.append((DISPUTE_WORTH, "graders disagree"))
    if not summary.complete:
        parts.append((BROKEN_WORTH, "it broke off"))
    if summary.takeovers:
        parts.append((TAKEOVER_WORTH, f"{summary.takeovers} takeovers"))
    return _sum(parts)


def full_worth(episode: Episode, stands: Standing | None, audited: bool) -> Worth:
    """What an episode's own arrays add; images are not needed."""
    summary = episode.summary
    first = first_worth(summary, stands, audited)
    parts = [(first.value, why) for why in first.why[:1]] + [(0.0, why) for why in first.why[1:]]
    judged = summary.success if stands is None or stands.success is None else stands.success
    solved = bool(episode.succeeded[-1])
    if judged != solved:
        said, seen = _word(judged), _word(solved)
        parts.append((DISPUTE_WORTH, f"a person says {said}, the environment {seen}"))
    stages = max(len(summary.header.stages) - 1, 1)
    reached = float(episode.stage.max()) / stages
    if not solved and reached >= 0.5:
        parts.append((NEAR_MISS_WORTH * reached, "near miss"))
    novelty = _novelty(episode)
    if novelty is not None:
        parts.append((novelty, "new to the policy" if novelty >= NOVEL else ""))
    parts += [(FLAG_WORTH, f"{flag.name}: {flag.detail}") for flag in flags_of(episode)]
    return _sum(parts)


def best(worths: Mapping[str, Worth]) -> str | None:
    """The episode that is worth most; of equals the earliest. None where there is none."""
    return min(worths, key=lambda name: (-worths[name].value, name), default=None)


def _novelty(episode: Episode) -> float | None:
    scores = episode.novelty[np.isfinite(episode.novelty)]
    return float(np.quantile(scores, 1 - NOVEL_SHARE)) if len(scores) else None


def _word(success: bool) -> str:
    return "success" if success else "failure"


def _sum(parts: list[tuple[float, str]]) -> Worth:
    ordered = sorted(parts, key=lambda part: -part[0])
    return Worth(sum(value for value, _ in parts), tuple(why for _, why in ordered if why))
