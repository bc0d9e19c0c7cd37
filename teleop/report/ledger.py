"""The ledger: what sessions and rounds cost the human, and what every policy gained by it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ...datasets.database import Database, EffortEntry
from ...datasets.workspace import Workspace
from ...policies.base.provenance import ProvenanceKind
from ...policies.statistics.rates import Rate
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
"""What a policy learns from, by the kind of an entry: a level's name, or a purpose."""


@dataclass(frozen=True)
class EffortReturn:
    """What a policy is worth, against the human time that was spent until then."""

    policy: PolicyRow
    """An evaluated one."""
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
        """Return on human effort (Fleet-DAgger 2022): success gained by a human minute; infinite
        where success came at no human time, None where there is nothing to compare with.
        """
        if self.gained is None:
            return None
        if self.spent == 0:
            return math.inf if self.gained > 0 else 0.0
        return self.gained / self.spent

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on; None for what is not known or not finite."""
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
            "gained": self.gained,
            "gained_per_minute": None if per_minute in (None, math.inf) else per_minute,
        }


@dataclass(frozen=True)
class Line:
    """Neighbouring entries of one round and one kind, as the report shows them."""

    cost: EffortCost
    source: ProvenanceKind | None
    """What policies learn from it; None for an entry of an unknown kind."""
    policy: PolicyRow | None = None
    """The last evaluated policy that was made when this had been spent; None without one."""
    gain: float | None = None
    """Its success less that of the last policy of an earlier line; None without either."""


@dataclass(frozen=True)
class Ledger:
    """Everything that the human spent and what came of it."""

    sessions: tuple[EffortCost, ...]
    """One for each entry, in the order of their time."""
    rounds: tuple[EffortCost, ...]
    total: EffortCost
    lines: tuple[Line, ...]
    returns: tuple[EffortReturn, ...]
    """One for each evaluated policy, in the order of their making."""
    notes: tuple[str, ...] = ()
    """Which policies are left out, and why."""

    def minutes_before(self, moment: float) -> tuple[float, float]:
        """Minutes driven and minutes watched in the entries made by a wall time, s."""
        past = [cost for cost in self.sessions if cost.ended <= moment]
        return sum(cost.driven_min for cost in past), sum(cost.watched_min for cost in past)

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return {
            "sessions": [cost.to_json() for cost in self.sessions],
            "rounds": [cost.to_json() for cost in self.rounds],
            "total": self.total.to_json(),
            "returns": [entry.to_json() for entry in self.returns],
        }


def read_ledger(workspace: Workspace) -> Ledger:
    """Read and add up a workspace's ledger."""
    database = Database(workspace.db_path)
    policies, notes = read_policies(
        workspace.policies_dir, database.evaluations(), workspace.summaries()
    )
    return make_ledger(database.efforts(), policies, notes)


def make_ledger(
    efforts: Iterable[EffortEntry], policies: Sequence[PolicyRow], notes: Sequence[str] = ()
) -> Ledger:
    """Add up the entries and set every evaluated policy against them.

    `policies` stand in the order of their making; each was made after all that had been spent on
    those before it.
    """
    entries = sorted(efforts, key=lambda effort: effort.created)
    taught = _taught(entries, policies)
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
        lines=_lines(entries, evaluated, taught),
        returns=_returns(entries, evaluated, taught),
        notes=tuple(notes),
    )


def _taught(
    entries: Sequence[EffortEntry], policies: Sequence[PolicyRow]
) -> dict[str, frozenset[int]]:
    """By policy the places of the entries that had been spent when it was made.

    These are the entries that had begun when its last training episode did, those of its own and
    earlier rounds (round 0 says nothing: every session by hand has it), and those of the policies
    before it. A policy whose training episodes are gone counts by the time of its file.
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
    taught: Mapping[str, frozenset[int]],
) -> tuple[EffortReturn, ...]:
    found: list[EffortReturn] = []
    for policy in evaluated:
        until = EffortCost.of([entries[i] for i in sorted(taught[policy.name])], policy.name)
        rate, before = policy.rate, found[-1] if found else None
        gained = rate.value - before.rate.value if before else None
        spent = until.minutes - (before.until.minutes if before else 0.0)
        found.append(EffortReturn(policy, rate, until, gained, spent))
    return tuple(found)


def _lines(
    entries: Sequence[EffortEntry],
    evaluated: Sequence[PolicyRow],
    taught: Mapping[str, frozenset[int]],
) -> tuple[Line, ...]:
    """One for each run of entries with the same round and kind, with the policy made from it."""
    found: list[Line] = []
    last: PolicyRow | None = None
    start = 0
    for (number, source), group in groupby(entries, lambda e: (e.round, _source(e))):
        mine = list(group)
        end = start + len(mine)
        made = [p for p in evaluated if start <= max(taught[p.name], default=-1) < end]
        gain = made[-1].rate.value - last.rate.value if made and last else None
        name = f"{source or mine[0].kind} (round {number})"
        found.append(Line(EffortCost.of(mine, name), source, made[-1] if made else None, gain))
        last, start = made[-1] if made else last, end
    return tuple(found)


def _source(entry: EffortEntry) -> ProvenanceKind | None:
    return SOURCES.get(entry.kind.replace("-", "_"))
