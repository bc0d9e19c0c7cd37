"""The ledger of human effort: what sessions and rounds have cost, and what came of it."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ...datasets.database import Database, Effort, Evaluation
from ...datasets.workspace import Workspace
from ...policies.policy import CONFIG
from ...policies.statistics.rates import Rate
from ...policies.store import PolicyStore

SELECTION = "selection"
"""Evaluations of this kind chose a checkpoint; they say nothing about unseen seeds."""


@dataclass(frozen=True)
class Cost:
    """What one session, one round or everything has cost."""

    name: str
    round: int
    kind: str
    episodes: int
    successes: int
    driven_s: float
    """Time that the human drove, s."""
    watched_s: float
    """Time that she had to watch, or was waited for, s."""
    takeovers: int
    takeover_s: float | None
    """Mean length of a takeover, s; None where none was timed."""
    switches: int
    """How often hands changed between human and policy."""
    requests: int
    """How often the policy asked for help."""

    @property
    def minutes(self) -> float:
        """Driving and watching together."""
        return (self.driven_s + self.watched_s) / 60


@dataclass(frozen=True)
class Return:
    """What a policy is worth, against the human time that was spent until then."""

    policy: str
    round: int
    rate: Rate
    """Without help, on unseen seeds."""
    minutes: float
    """Human minutes up to this round, driving and watching."""
    gained: float | None
    """Success gained on the policy before, as a share of all episodes; None for the first."""
    spent: float
    """Human minutes since the policy before."""

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


@dataclass(frozen=True)
class Ledger:
    """Everything, from the database alone."""

    sessions: tuple[Cost, ...]
    rounds: tuple[Cost, ...]
    total: Cost
    returns: tuple[Return, ...]

    def to_json(self) -> dict[str, Any]:
        """With None for what is not known or not finite."""
        return {
            "sessions": [_cost_json(cost) for cost in self.sessions],
            "rounds": [_cost_json(cost) for cost in self.rounds],
            "total": _cost_json(self.total),
            "returns": [_return_json(entry) for entry in self.returns],
        }


def read_ledger(workspace: Workspace) -> Ledger:
    """Read a workspace's ledger; a policy's round is the one that its provenance names."""
    database, store = Database(workspace.db_path), PolicyStore(workspace.policies_dir)
    rounds = {policy: _round_of(store, policy) for policy in store.ids()}
    return make_ledger(database.efforts(), database.evaluations(), rounds)


def make_ledger(
    efforts: Sequence[Effort], evaluations: Iterable[Evaluation], policy_rounds: dict[str, int]
) -> Ledger:
    """Add up; `policy_rounds` gives each policy's round, in the order of their making."""
    sessions = tuple(_add([e], f"session {i}") for i, e in enumerate(efforts, 1))
    numbers = sorted({effort.round for effort in efforts})
    rounds = tuple(
        _add([e for e in efforts if e.round == number], f"round {number}") for number in numbers
    )
    return Ledger(
        sessions, rounds, _add(efforts, "all"), _returns(rounds, evaluations, policy_rounds)
    )


def _add(efforts: Sequence[Effort], name: str) -> Cost:
    lengths = [float(s) for effort in efforts for s in effort.payload.get("takeover_s", ())]
    kinds = dict.fromkeys(effort.kind for effort in efforts)

    def total(key: str) -> int:
        return sum(int(effort.payload.get(key, 0)) for effort in efforts)

    return Cost(
        name=name,
        round=max((effort.round for effort in efforts), default=0),
        kind=", ".join(kinds),
        episodes=sum(effort.episodes for effort in efforts),
        successes=total("successes"),
        driven_s=sum(effort.driven_s for effort in efforts),
        watched_s=sum(effort.watched_s for effort in efforts),
        takeovers=sum(effort.takeovers for effort in efforts),
        takeover_s=sum(lengths) / len(lengths) if lengths else None,
        switches=total("switches"),
        requests=total("requests"),
    )


def _returns(
    rounds: Sequence[Cost], evaluations: Iterable[Evaluation], policy_rounds: dict[str, int]
) -> tuple[Return, ...]:
    """For every policy that was evaluated, on the most episodes that it was."""
    best: dict[str, Evaluation] = {}
    for evaluation in evaluations:
        known = best.get(evaluation.policy)
        least = 1 if known is None else known.episodes
        if evaluation.kind != SELECTION and evaluation.episodes >= least:
            best[evaluation.policy] = evaluation
    found: list[Return] = []
    for policy, number in policy_rounds.items():
        if policy in best:
            minutes = sum(cost.minutes for cost in rounds if cost.round <= number)
            rate = Rate(best[policy].successes, best[policy].episodes)
            before = found[-1] if found else None
            gained = rate.value - before.rate.value if before else None
            spent = minutes - (before.minutes if before else 0.0)
            found.append(Return(policy, number, rate, minutes, gained, spent))
    return tuple(found)


def _round_of(store: PolicyStore, policy: str) -> int:
    settings = json.loads((store.path(policy) / CONFIG).read_text(encoding="utf-8"))
    return int(settings["policy"]["provenance"]["round"])


def _cost_json(cost: Cost) -> dict[str, Any]:
    return {**asdict(cost), "minutes": cost.minutes}


def _return_json(entry: Return) -> dict[str, Any]:
    per_minute = entry.per_minute
    return {
        "policy": entry.policy,
        "round": entry.round,
        "successes": entry.rate.successes,
        "episodes": entry.rate.n,
        "success_rate": entry.rate.value,
        "interval95": list(entry.rate.interval95),
        "minutes": entry.minutes,
        "minutes_spent": entry.spent,
        "gained": entry.gained,
        "gained_per_minute": None if per_minute in (None, math.inf) else per_minute,
    }
