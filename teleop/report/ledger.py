"""The effort ledger as the report shows it: one line per round and kind, in order."""

from collections.abc import Iterable
from dataclasses import replace

from ...datasets import database
from ...policies.base.provenance import ProvenanceKind
from .records import Effort

KINDS = {
    "demonstration": ProvenanceKind.DEMONSTRATIONS,
    "demonstrations": ProvenanceKind.DEMONSTRATIONS,
    "shadow": ProvenanceKind.DEMONSTRATIONS,
    "assist": ProvenanceKind.CORRECTIONS,
    "supervised": ProvenanceKind.CORRECTIONS,
    "on_call": ProvenanceKind.CORRECTIONS,
    "correction": ProvenanceKind.CORRECTIONS,
    "corrections": ProvenanceKind.CORRECTIONS,
    "autonomous": ProvenanceKind.PRACTICE,
    "practice": ProvenanceKind.PRACTICE,
}
"""What entries may be called, by level or by purpose."""


def read_ledger(entries: Iterable[database.Effort]) -> tuple[tuple[Effort, ...], list[str]]:
    """Return the ledger's lines, neighbours of one round joined, and notes on what is left out."""
    lines: list[Effort] = []
    unknown: set[str] = set()
    for entry in sorted(entries, key=lambda entry: entry.created):
        kind = KINDS.get(entry.kind.replace("-", "_"))
        if kind is None:
            unknown.add(entry.kind)
            continue
        line = _line(entry, kind)
        if lines and (lines[-1].round, lines[-1].kind) == (line.round, line.kind):
            lines[-1] = _joined(lines[-1], line)
        else:
            lines.append(line)
    notes = [f"Effort of an unknown kind, left out: {', '.join(sorted(unknown))}."]
    return tuple(lines), notes if unknown else []


def _line(entry: database.Effort, kind: ProvenanceKind) -> Effort:
    return Effort(
        round=entry.round,
        kind=kind,
        created=entry.created,
        driven_s=entry.driven_s,
        watched_s=entry.watched_s,
        takeovers=entry.takeovers,
        episodes=entry.episodes,
        steps_human=int(entry.payload.get("steps_human", 0)),
        steps_policy=int(entry.payload.get("steps_policy", 0)),
    )


def _joined(first: Effort, second: Effort) -> Effort:
    return replace(
        second,
        driven_s=first.driven_s + second.driven_s,
        watched_s=first.watched_s + second.watched_s,
        takeovers=first.takeovers + second.takeovers,
        episodes=first.episodes + second.episodes,
        steps_human=first.steps_human + second.steps_human,
        steps_policy=first.steps_policy + second.steps_policy,
    )
