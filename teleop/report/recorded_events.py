"""These functions read the database's events and judgements as rows of the report.

`collect` gets changes of level, policy switches and decisions of the gate (`read_events`),
comparisons (`read_comparisons`) and a summary of the judgements (`read_judged`).
"""

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
    """Kind of an event, as a character for the curve and the list under it."""

    PROMOTED = "▲"
    DEMOTED = "▼"
    SWAPPED = "◆"
    PUBLISHED = "✔"
    REFUSED = "✘"


@dataclass(frozen=True)
class TimelineEvent:
    """A promotion, a demotion, a policy switch, or a decision of the gate."""

    created: float
    """Wall time, seconds."""
    sentence: str
    """The event in words, e.g. `shadow to assist`."""
    sign: EventSign


def read_events(database: Database) -> tuple[TimelineEvent, ...]:
    """All events of these kinds in order; incomplete ones are left out."""
    found = (_timeline_event(event) for event in database.events())
    return tuple(event for event in found if event is not None)


def _timeline_event(event: EventEntry) -> TimelineEvent | None:
    if event.kind == EventKind.SWAP:
        words = f"policy {event.payload.get('policy', '?')} takes over"
        return TimelineEvent(event.created, words, EventSign.SWAPPED)
    if event.kind == EventKind.GATE:
        return _gate_decision(event)
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


def _gate_decision(event: EventEntry) -> TimelineEvent | None:
    """The publication or refusal of a candidate, with the first of the gate's reasons.

    Or the decision on a policy that was published before: it has no candidate's token.
    """
    decision = event.payload
    if not isinstance(decision.get("passed"), bool):
        return None
    what = _candidate(decision)
    if "verdict" in decision and "token" not in decision:
        sign = EventSign.PUBLISHED if decision["passed"] else EventSign.REFUSED
        words = f"policy {decision.get('policy', '?')}, {what}: {decision['verdict']}"
        return TimelineEvent(event.created, words, sign)
    if decision["passed"]:
        words = f"policy {decision.get('policy', '?')}, {what}, passed the gate"
        return TimelineEvent(event.created, words, EventSign.PUBLISHED)
    reason = next(iter(decision.get("reasons", ())), "no reason kept")
    return TimelineEvent(
        event.created, f"{what} was refused at the gate: {reason}", EventSign.REFUSED
    )


def _candidate(decision: Mapping[str, Any]) -> str:
    if "token" not in decision and decision.get("compared_with"):
        return f"compared with {decision['compared_with']}"
    if not decision.get("parent"):
        return "the first policy"
    return f"a {decision.get('kind', 'candidate')} of {decision['parent']}"


def _name(level: Level) -> str:
    return level.name.lower().replace("_", "-")


@dataclass(frozen=True)
class ComparisonRow:
    """A comparison of two policies."""

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
    """The judgements of reviewers on the episodes, counted."""

    verdicts: Mapping[str, int]
    """`success` and `failure` -> episodes."""
    qualities: Mapping[int, int]
    """1 to 5 -> episodes."""
    reasons: Mapping[str, int]
    """Reason -> episodes."""
    operators: tuple[str, ...]
    """The reviewers."""
    overruled: int
    """Episodes whose verdict differs from what was recorded."""


def read_judged(
    summaries: Sequence[EpisodeSummary], resolved: Mapping[str, ResolvedJudgements]
) -> JudgementSummary | None:
    """The resolved judgements on these episodes, counted; None without any."""
    judged = [(s, resolved[s.id]) for s in summaries if s.id in resolved]
    judged = [(s, state) for s, state in judged if state.operators]
    if not judged:
        return None
    verdicts = [(s, state) for s, state in judged if state.success is not None]
    return JudgementSummary(
        verdicts=Counter("success" if state.success else "failure" for _, state in verdicts),
        qualities=Counter(state.quality for _, state in judged if state.quality is not None),
        reasons=Counter(reason for _, state in judged for reason in state.reasons),
        operators=tuple(sorted({name for _, state in judged for name in state.operators})),
        overruled=sum(state.success != s.success for s, state in verdicts),
    )
