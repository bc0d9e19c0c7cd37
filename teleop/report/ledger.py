"""`make_ledger` sums the human effort of sessions and rounds, and what each policy gained by it.

`read_ledger` reads it from a workspace for `sidestick ledger`; the report makes it of its data.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ...datasets.database import Database, EffortEntry
from ...datasets.effort_ledger import effort_entries
from ...datasets.workspace import Workspace
from ...policies.base.provenance import ProvenanceKind
from ...policies.statistics.rates import Rate
from ..session.attention_model import ATTENTION
from .cost import EffortCost
from .policy_lineage import read_policies
from .records import PolicyRow

SOURCES = {
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
"""Kind of an entry, which is a level's name or a purpose -> what policies learn from it."""


@dataclass(frozen=True)
class EffortReturn:
    """Success of an evaluated policy, against the human time spent until it was made."""

    policy: PolicyRow
    """The policy; its evaluation is never None here."""
    rate: Rate
    """Success without help, on unseen seeds."""
    until: EffortCost
    """All human effort until the policy was made."""
    gained: float | None
    """Success gained on the evaluated policy before, as a share of all episodes; None for the
    first."""
    spent: float
    """Human minutes since the evaluated policy before."""

    @property
    def per_minute(self) -> float | None:
        """Return on human effort (Fleet-DAgger 2022): success gained by a human minute.

        Infinite where success was gained at no human time, None for the first policy.
        """
        if self.gained is None:
            return None
        if self.spent == 0:
            return math.inf if self.gained > 0 else 0.0
        return self.gained / self.spent

    def to_json(self) -> dict[str, Any]:
        """The values by name, as scripts rely on them; None where unknown or infinite."""
        per_minute = self.per_minute
        return {
            "policy": self.policy.name,
            "round": self.policy.round,
            "successes": self.rate.successes,
            "episodes": self.rate.n,
            "success_rate": self.rate.value,
            "interval95": list(self.rate.interval95),
            "minutes": self.until.minutes,
            "minutes_spent": self.spent,
            "attended_minutes": self.until.attended_min,
            "gained": self.gained,
            "gained_per_minute": None if per_minute in (None, math.inf) else per_minute,
        }


@dataclass(frozen=True)
class LedgerLine:
    """Consecutive entries of one round and kind, a line of the report's table."""

    cost: EffortCost
    source: ProvenanceKind | None
    """What policies learn from these entries; None for an unknown kind."""
    policy: PolicyRow | None = None
    """The last evaluated policy made after these entries and before the next; None without one."""
    gain: float | None = None
    """Its success rate less that of the last policy of an earlier line; None without either."""


@dataclass(frozen=True)
class Ledger:
    """Human effort of a workspace, summed in several ways, and the returns on it."""

    sessions: tuple[EffortCost, ...]
    """One for each entry, by time."""
    rounds: tuple[EffortCost, ...]
    total: EffortCost
    lines: tuple[LedgerLine, ...]
    returns: tuple[EffortReturn, ...]
    """One for each evaluated policy, in the order in which they were made."""
    notes: tuple[str, ...] = ()
    """Which policies are left out, and why."""

    def minutes_before(self, moment: float) -> tuple[float, float]:
        """Minutes driven, and of attention, in the entries made until a wall time, s."""
        past = [cost for cost in self.sessions if cost.ended <= moment]
        return sum(cost.driven_min for cost in past), sum(cost.attended_min for cost in past)

    def to_json(self) -> dict[str, Any]:
        """The values by name, as scripts rely on them."""
        return {
            "sessions": [cost.to_json() for cost in self.sessions],
            "rounds": [cost.to_json() for cost in self.rounds],
            "total": self.total.to_json(),
            "returns": [entry.to_json() for entry in self.returns],
            "attention_model": ATTENTION.to_json(),
        }


def read_ledger(workspace: Workspace) -> Ledger:
    """The ledger of a workspace, from its database, policies and files; only reads.

    Sessions that were killed before they made their entry are counted from their episodes.
    """
    database = Database(workspace.db_path)
    policies, notes = read_policies(
        workspace.policies_dir, database.evaluations(), workspace.summaries()
    )
    return make_ledger(effort_entries(workspace), policies, notes)


def make_ledger(
    efforts: Iterable[EffortEntry], policies: Sequence[PolicyRow], notes: Sequence[str] = ()
) -> Ledger:
    """The ledger of some entries, with the return of every evaluated policy.

    `policies` are in the order in which they were made; the effort spent on one counts for all
    later ones.
    """
    entries = sorted(efforts, key=lambda effort: effort.created)
    spent_by = _spent_by_policy(entries, policies)
    evaluated = [policy for policy in policies if policy.evaluation is not None]
    numbers = sorted({entry.round for entry in entries})
    return Ledger(
        sessions=tuple(
            EffortCost.of([entry], f"session {i}") for i, entry in enumerate(entries, 1)
        ),
        rounds=tuple(
            EffortCost.of([entry for entry in entries if entry.round == number], f"round {number}")
            for number in numbers
        ),
        total=EffortCost.of(entries, "all"),
        lines=_lines(entries, evaluated, spent_by),
        returns=_returns(entries, evaluated, spent_by),
        notes=tuple(notes),
    )


def _spent_by_policy(
    entries: Sequence[EffortEntry], policies: Sequence[PolicyRow]
) -> dict[str, frozenset[int]]:
    """Policy name -> indices of the entries that had been spent when it was made.

    These are the entries that had begun before its last training episode did, those of its own and
    earlier rounds (except round 0, which every manual session has), and those of the policies
    before it. For a policy whose training episodes are gone, the time of its file counts.
    """
    begun = [-math.inf, *(entry.created for entry in entries)]
    spent: frozenset[int] = frozenset()
    found = {}
    for policy in policies:
        spent |= {
            place
            for place, entry in enumerate(entries)
            if _had_begun(begun[place], policy)
            or (
                entry.created <= policy.created
                and (policy.taught is None or 0 < entry.round <= policy.round)
            )
        }
        found[policy.name] = spent
    return found


def _had_begun(moment: float, policy: PolicyRow) -> bool:
    return policy.taught is not None and moment < policy.taught


def _returns(
    entries: Sequence[EffortEntry],
    evaluated: Sequence[PolicyRow],
    spent_by: Mapping[str, frozenset[int]],
) -> tuple[EffortReturn, ...]:
    found: list[EffortReturn] = []
    for policy in evaluated:
        until = EffortCost.of([entries[i] for i in sorted(spent_by[policy.name])], policy.name)
        rate, before = policy.rate, found[-1] if found else None
        gained = rate.value - before.rate.value if before else None
        spent = until.minutes - (before.until.minutes if before else 0.0)
        found.append(EffortReturn(policy, rate, until, gained, spent))
    return tuple(found)


def _lines(
    entries: Sequence[EffortEntry],
    evaluated: Sequence[PolicyRow],
    spent_by: Mapping[str, frozenset[int]],
) -> tuple[LedgerLine, ...]:
    """A line for each run of entries with the same round and kind, with the policy made from it."""
    found: list[LedgerLine] = []
    last: PolicyRow | None = None
    start = 0
    for (number, source), group in groupby(entries, lambda e: (e.round, _source(e))):
        members = list(group)
        end = start + len(members)
        made = [p for p in evaluated if start <= max(spent_by[p.name], default=-1) < end]
        gain = made[-1].rate.value - last.rate.value if made and last else None
        name = f"{source or members[0].kind} (round {number})"
        found.append(
            LedgerLine(EffortCost.of(members, name), source, made[-1] if made else None, gain)
        )
        last, start = made[-1] if made else last, end
    return tuple(found)


def _source(entry: EffortEntry) -> ProvenanceKind | None:
    return SOURCES.get(entry.kind.replace("-", "_"))
