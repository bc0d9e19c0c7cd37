"""`EffortCost` sums entries of the ledger: the human effort of a session, a round or everything.

`ledger` makes them for the report and for `sidestick ledger`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from ...datasets.database import EffortEntry
from ..session.attention_model import ATTENTION

SECONDS_PER_MINUTE = 60.0
ALONE = frozenset({"on-call", "autonomous", "practice"})
"""Kinds of entries whose episodes begin without an operator."""


@dataclass(frozen=True)
class EffortCost:
    """Human effort of one session, one round or everything."""

    name: str
    round: int
    """The latest round of the entries; 0 for none."""
    kind: str
    """Kinds of the entries, joined by commas."""
    episodes: int
    successes: int
    driven_s: float
    """Time that the human drove, s."""
    watched_s: float
    """Time that the human had to watch, or was waited for, s."""
    takeovers: int
    takeover_s: float | None
    """Mean length of a takeover, s; None where none was timed."""
    switches: int
    """How often control changed between human and policy."""
    requests: int
    """How often the policy asked for help."""
    begun: int
    """Episodes that the human was there for from the beginning."""
    verdicts: int
    """Those of them that the human judged, or discarded."""
    answered: int
    """Help requests that the human answered."""
    steps_human: int
    """Steps that the human drove."""
    steps_policy: int
    """Steps that the policy drove."""
    ended: float
    """Wall time of the last entry, s; -inf for none."""

    @classmethod
    def of(cls, efforts: Sequence[EffortEntry], name: str) -> "EffortCost":
        """The sum of some entries, under a name."""
        lengths = [float(s) for effort in efforts for s in effort.payload.get("takeover_s", ())]

        def total(key: str) -> int:
            return sum(int(effort.payload.get(key, 0)) for effort in efforts)

        return cls(
            name=name,
            round=max((effort.round for effort in efforts), default=0),
            kind=", ".join(dict.fromkeys(effort.kind for effort in efforts)),
            episodes=sum(effort.episodes for effort in efforts),
            successes=total("successes"),
            driven_s=sum(effort.driven_s for effort in efforts),
            watched_s=sum(effort.watched_s for effort in efforts),
            takeovers=sum(effort.takeovers for effort in efforts),
            takeover_s=sum(lengths) / len(lengths) if lengths else None,
            switches=total("switches"),
            requests=total("requests"),
            begun=sum(_events(effort, "begun") for effort in efforts),
            verdicts=sum(_events(effort, "verdicts") for effort in efforts),
            answered=sum(_answered(effort) for effort in efforts),
            steps_human=total("steps_human"),
            steps_policy=total("steps_policy"),
            ended=max((effort.created for effort in efforts), default=-math.inf),
        )

    @property
    def driven_min(self) -> float:
        """Minutes that the human drove."""
        return self.driven_s / SECONDS_PER_MINUTE

    @property
    def watched_min(self) -> float:
        """Minutes that the human had to watch."""
        return self.watched_s / SECONDS_PER_MINUTE

    @property
    def minutes(self) -> float:
        """Driving and watching together."""
        return (self.driven_s + self.watched_s) / SECONDS_PER_MINUTE

    @property
    def attended_s(self) -> float:
        """Attention as `AttentionModel` has it, s: driving, watching, and what is done beside."""
        return ATTENTION.attended_s(
            self.driven_s, self.watched_s, self.begun, self.verdicts, self.answered
        )

    @property
    def attended_min(self) -> float:
        """Minutes of attention, by the same model."""
        return self.attended_s / SECONDS_PER_MINUTE

    @property
    def steps(self) -> int:
        """Steps that human and policy drove."""
        return self.steps_human + self.steps_policy

    def to_json(self) -> dict[str, Any]:
        """The values by name, as scripts rely on them."""
        left_out = ("steps_human", "steps_policy", "ended")
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in left_out}
        return {**values, "minutes": self.minutes, "attended_s": self.attended_s}


def _events(effort: EffortEntry, key: str) -> int:
    """A count of an entry; earlier versions did not count, and there it follows from the kind."""
    known = effort.payload.get(key)
    if known is None:
        return 0 if effort.kind in ALONE else effort.episodes
    return int(known)


def _answered(effort: EffortEntry) -> int:
    """Help requests that were answered; in entries of earlier versions all that were made."""
    return int(effort.payload.get("answered", effort.payload.get("requests", 0)))
