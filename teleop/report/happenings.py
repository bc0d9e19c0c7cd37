"""What the database tells beside evaluations and effort: levels, judgements, comparisons."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ...datasets.database import Database, Event
from ...datasets.standing import Standing
from ...datasets.step import Level
from ...datasets.summary import EpisodeSummary
from .data import ComparisonRow, Judged, LevelEvent

LEVEL, SWAP, COMPARISON = "level", "swap", "comparison"
"""Kinds of events."""


def read_events(database: Database) -> tuple[LevelEvent, ...]:
    """Promotions, demotions and swaps in order; events that say less than that are passed over."""
    found = (_event(event) for event in database.events())
    return tuple(event for event in found if event is not None)


def _event(event: Event) -> LevelEvent | None:
    payload = event.payload
    if event.kind == SWAP:
        return LevelEvent(event.created, f"policy {payload.get('policy', '?')} takes over", None)
    if event.kind != LEVEL:
        return None
    try:
        before, after = Level(payload["before"]), Level(payload["after"])
    except (KeyError, ValueError):
        return None
    if before == after:
        return None
    words = f"{_name(before)} to {_name(after)}"
    return LevelEvent(event.created, words, after > before)


def _name(level: Level) -> str:
    return level.name.lower().replace("_", "-")


def read_judged(
    summaries: Sequence[EpisodeSummary], standings: Mapping[str, Standing]
) -> Judged | None:
    """What stands of people's judgements on these episodes; None without any."""
    stands = [(s, standings[s.id]) for s in summaries if s.id in standings]
    stands = [(s, stand) for s, stand in stands if stand.operators]
    if not stands:
        return None
    said = [(s, stand) for s, stand in stands if stand.success is not None]
    return Judged(
        verdicts=Counter("success" if stand.success else "failure" for _, stand in said),
        qualities=Counter(stand.quality for _, stand in stands if stand.quality is not None),
        reasons=Counter(reason for _, stand in stands for reason in stand.reasons),
        operators=tuple(sorted({name for _, stand in stands for name in stand.operators})),
        overruled=sum(stand.success != s.success for s, stand in said),
    )


def read_comparisons(database: Database) -> tuple[ComparisonRow, ...]:
    """Every comparison as a sentence, in order."""
    return tuple(
        ComparisonRow(event.created, _sentence(event.payload))
        for event in database.events(COMPARISON)
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
