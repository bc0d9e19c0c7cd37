"""Comparisons of two policies, each as a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...datasets.database import Database

COMPARISON = "comparison"
"""Kind of event."""


@dataclass(frozen=True)
class ComparisonRow:
    """Two policies that were compared."""

    created: float
    words: str
    """The verdict in a sentence."""


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
