"""This module makes tables of evaluations, effort, levels, events and comparisons."""

import json
from typing import Any

from ..database import Database, EventEntry, EventKind
from ..effort_ledger import effort_entries
from .table import Table, Where, level_name, moment, opened, table
from .wilson import wilson


def evaluations(where: Where) -> Table:
    """Every evaluation with its rate and Wilson's 95 % interval."""
    rows = []
    for given in Database(opened(where).db_path).evaluations():
        low, high = wilson(given.successes, given.episodes)
        rows.append(
            {
                "created": moment(given.created),
                "policy": given.policy,
                "kind": given.kind,
                "first_seed": given.first_seed,
                "episodes": given.episodes,
                "successes": given.successes,
                "rate": given.successes / given.episodes,
                "low": low,
                "high": high,
            }
        )
    return table(rows, "created policy kind first_seed episodes successes rate low high")


def outcomes(where: Where) -> Table:
    """Every episode of the evaluations that recorded them."""
    rows = [
        {"evaluation": number, "policy": given.policy, **{k: entry.get(k) for k in _OUTCOME}}
        for number, given in enumerate(Database(opened(where).db_path).evaluations())
        for entry in given.payload.get("per_episode", ())
    ]
    return table(rows, "evaluation policy " + " ".join(_OUTCOME))


_OUTCOME = ("seed", "success", "length", "stage", "progress")


def efforts(where: Where) -> Table:
    """Operator effort of every round, in seconds."""
    rows = [
        {
            "created": moment(given.created),
            "round": given.round,
            "kind": given.kind,
            "driven_s": given.driven_s,
            "watched_s": given.watched_s,
            "takeovers": given.takeovers,
            "episodes": given.episodes,
        }
        for given in effort_entries(opened(where))
    ]
    return table(rows, "created round kind driven_s watched_s takeovers episodes")


def ladder(where: Where) -> Table:
    """Every change of level, with its reason."""
    rows = [
        {
            "created": moment(event.created),
            "policy": event.payload.get("policy"),
            "before": level_name(event.payload.get("before")),
            "after": level_name(event.payload.get("after")),
            "why": event.payload.get("why"),
            "evidence": event.payload.get("evidence"),
        }
        for event in Database(opened(where).db_path).events(EventKind.LEVEL)
    ]
    return table(rows, "created policy before after why evidence")


def events(where: Where) -> Table:
    """Every event, with its evidence as JSON."""
    rows = [
        {
            "created": moment(event.created),
            "kind": event.kind,
            "evidence": json.dumps(dict(event.payload), sort_keys=True),
        }
        for event in Database(opened(where).db_path).events()
    ]
    return table(rows, "created kind evidence")


def comparisons(where: Where) -> Table:
    """Comparisons of two policies on the same seeds; the interval is of A's share minus B's."""
    rows = [
        _comparison(event) for event in Database(opened(where).db_path).events(EventKind.COMPARISON)
    ]
    return table(rows, "created a b a_successes b_successes pairs blind verdict p_value low high")


def _comparison(event: EventEntry) -> dict[str, Any]:
    """One comparison; what another version did not write is None."""
    payload = event.payload
    a, b = payload.get("a") or {}, payload.get("b") or {}
    low, high = payload.get("interval") or (None, None)
    return {
        "created": moment(event.created),
        "a": a.get("policy"),
        "b": b.get("policy"),
        "a_successes": a.get("successes"),
        "b_successes": b.get("successes"),
        **{key: payload.get(key) for key in ("pairs", "blind", "verdict", "p_value")},
        "low": low,
        "high": high,
    }
