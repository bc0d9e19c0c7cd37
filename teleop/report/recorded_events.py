"""What happened between the episodes: changes of level and of policy, and what the gate said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.judgements.judgement_state import ResolvedJudgements
from ...datasets.step import Level
from ...datasets.summary import EpisodeSummary


class EventSign(Enum):
    """What kind of thing happened, as a character for the curve and the list under it."""

    PROMOTED = "▲"
    DEMOTED = "▼"
    SWAPPED = "◆"
    PUBLISHED = "✔"
    REFUSED = "✘"


@dataclass(frozen=True)
class TimelineEvent:
    """A promotion, a demotion, a swap of the policy, or a ruling of the gate."""

    created: float
    """Wall time, seconds."""
    sentence: str
    """What happened, e.g. `shadow to assist`."""
    sign: EventSign


def read_events(database: Database) -> tuple[TimelineEvent, ...]:
    """All of them in order; events that say less than that are passed over."""
    found = (_timeline_event(event) for event in database.events())
    return tuple(event for event in found if event is not None)


def _timeline_event(event: EventEntry) -> TimelineEvent | None:
    if event.kind == EventKind.SWAP:
        words = f"policy {event.payload.get('policy', '?')} takes over"
        return TimelineEvent(event.created, words, EventSign.SWAPPED)
    if event.kind == EventKind.GATE:
        return _ruling(event)
    return _change(event) if event.kind == EventKind.LEVEL else None


def _change(event: EventEntry) -> TimelineEvent | None:
    try:
        before, after = Level(event.payload["before"]), Level(event.payload["after"])
    except (KeyError, ValueError):
        return None
    if before == after:
        return None
    sign = EventSign.PROMOTED if after > before else EventSign.DEMOTED
    return TimelineEvent(event.created, f"{_name(before)} to {_name(after)}", sign)


def _ruling(event: EventEntry) -> TimelineEvent | None:
    """A candidate that was published, or refused for the first of the gate's reasons."""
    ruling = event.payload
    if not isinstance(ruling.get("passed"), bool):
        return None
    what = _candidate(ruling)
    if ruling["passed"]:
        words = f"policy {ruling.get('policy', '?')}, {what}, passed the gate"
        return TimelineEvent(event.created, words, EventSign.PUBLISHED)
    reason = next(iter(ruling.get("reasons", ())), "no reason kept")
    return TimelineEvent(
        event.created, f"{what} was refused at the gate: {reason}", EventSign.REFUSED
    )


def _candidate(ruling: Mapping[str, Any]) -> str:
    if not ruling.get("parent"):
        return "the first policy"
    return f"a {ruling.get('kind', 'candidate')} of {ruling['parent']}"


def _name(level: Level) -> str:
    return level.name.lower().replace("_", "-")


@dataclass(frozen=True)
class ComparisonRow:
    """Two policies that were compared."""

    created: float
    sentence: str
    """The verdict in a sentence."""


def read_comparisons(database: Database) -> tuple[ComparisonRow, ...]:
    """Every comparison as a sentence, in order."""
    return tuple(
        ComparisonRow(event.created, _sentence(event.payload))
        for event in database.events(EventKind.COMPARISON)
        if {"a", "b", "verdict", "interval"} <= event.payload.keys()
    )


def _sentence(payload: Mapping[str, object]) -> str:
    sides = []
    for name in "ab":
        side = payload[name]
        assert isinstance(side, Mapping)
        sides.append(
            f"{name.upper()} = policy {side['policy']} {side['successes']}/{side['episodes']}"
        )
    interval = payload["interval"]
    assert isinstance(interval, list)
    low, high = (100 * float(end) for end in interval)
    how = "blind, supervised" if payload.get("blind") else "alone"
    return (
        f"{payload['verdict']} ({how}): {', '.join(sides)}; A less B in points "
        f"[{low:+.0f}, {high:+.0f}], p = {float(str(payload.get('p_value', 1))):.3g} at any stop"
    )


@dataclass(frozen=True)
class JudgementSummary:
    """What people said of the episodes."""

    verdicts: Mapping[str, int]
    """`success` and `failure` -> episodes."""
    qualities: Mapping[int, int]
    """1 to 5 -> episodes."""
    reasons: Mapping[str, int]
    operators: tuple[str, ...]
    overruled: int
    """Episodes where the verdict is not what the file says."""


def read_judged(
    summaries: Sequence[EpisodeSummary], standings: Mapping[str, ResolvedJudgements]
) -> JudgementSummary | None:
    """What stands of people's judgements on these episodes; None without any."""
    stands = [(s, standings[s.id]) for s in summaries if s.id in standings]
    stands = [(s, stand) for s, stand in stands if stand.operators]
    if not stands:
        return None
    said = [(s, stand) for s, stand in stands if stand.success is not None]
    return JudgementSummary(
        verdicts=Counter("success" if stand.success else "failure" for _, stand in said),
        qualities=Counter(stand.quality for _, stand in stands if stand.quality is not None),
        reasons=Counter(reason for _, stand in stands for reason in stand.reasons),
        operators=tuple(sorted({name for _, stand in stands for name in stand.operators})),
        overruled=sum(stand.success != s.success for s, stand in said),
    )
