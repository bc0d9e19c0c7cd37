"""What happened between the episodes: changes of level and of policy, and what the gate said."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ...datasets.database import Database, Event
from ...datasets.step import Level

LEVEL, SWAP, GATE = "level", "swap", "gate"
"""Kinds of events."""


class Sign(Enum):
    """What kind of thing happened, as a character for the curve and the list under it."""

    PROMOTED = "▲"
    DEMOTED = "▼"
    SWAPPED = "◆"
    PUBLISHED = "✔"
    REFUSED = "✘"


@dataclass(frozen=True)
class Happening:
    """A promotion, a demotion, a swap of the policy, or a ruling of the gate."""

    created: float
    """Wall time, seconds."""
    words: str
    """What happened, e.g. `shadow to assist`."""
    sign: Sign


def read_events(database: Database) -> tuple[Happening, ...]:
    """All of them in order; events that say less than that are passed over."""
    found = (_happening(event) for event in database.events())
    return tuple(happening for happening in found if happening is not None)


def _happening(event: Event) -> Happening | None:
    if event.kind == SWAP:
        words = f"policy {event.payload.get('policy', '?')} takes over"
        return Happening(event.created, words, Sign.SWAPPED)
    if event.kind == GATE:
        return _ruling(event)
    return _change(event) if event.kind == LEVEL else None


def _change(event: Event) -> Happening | None:
    try:
        before, after = Level(event.payload["before"]), Level(event.payload["after"])
    except (KeyError, ValueError):
        return None
    if before == after:
        return None
    sign = Sign.PROMOTED if after > before else Sign.DEMOTED
    return Happening(event.created, f"{_name(before)} to {_name(after)}", sign)


def _ruling(event: Event) -> Happening | None:
    """A candidate that was published, or refused for the first of the gate's reasons."""
    ruling = event.payload
    if not isinstance(ruling.get("passed"), bool):
        return None
    what = _candidate(ruling)
    if ruling["passed"]:
        words = f"policy {ruling.get('policy', '?')}, {what}, passed the gate"
        return Happening(event.created, words, Sign.PUBLISHED)
    reason = next(iter(ruling.get("reasons", ())), "no reason kept")
    return Happening(event.created, f"{what} was refused at the gate: {reason}", Sign.REFUSED)


def _candidate(ruling: Mapping[str, Any]) -> str:
    if not ruling.get("parent"):
        return "the first policy"
    return f"a {ruling.get('kind', 'candidate')} of {ruling['parent']}"


def _name(level: Level) -> str:
    return level.name.lower().replace("_", "-")
