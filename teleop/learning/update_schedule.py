"""`next_update` decides what a policy should be trained on next, by a pure rule over the episodes.

The learner calls it with a workspace's episodes, and `held_out` for those kept for the gate.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

HELD_OUT_EVERY = 10
"""One episode in so many is never trained on: the gate measures losses on it."""
LEAST_TO_HOLD_OUT = 20
"""Fewest episodes of which some are held out; of fewer, training needs each."""


class UpdateKind(Enum):
    """How a policy is updated."""

    NUDGE = "nudge"
    """Finetune the active policy for at most a hundred steps, after corrections."""
    REFIT = "refit"
    """Train from the base, on everything."""


@dataclass(frozen=True)
class UpdateRules:
    """When which update is due."""

    first: int = 5
    """Episodes from which the first policy is made."""
    refit: int = 10
    """New episodes since the last refit that make one due."""
    nudge_steps: int = 50
    """New human-driven steps that make finetuning due (FIELD 4: never on a handful)."""


@dataclass(frozen=True)
class EpisodeInfo:
    """An episode as the rule sees it."""

    id: str
    human_steps: int


@dataclass(frozen=True)
class UpdateTrigger:
    """What an update follows, for the provenance of its candidate."""

    source: str = "corrections"
    """What the fresh episodes are: `corrections` or `practice`."""
    round: int | None = None
    """Their round in the ledger; None for one after the parent's."""


@dataclass(frozen=True)
class Update:
    """What to train next, and on which episodes."""

    kind: UpdateKind
    episodes: tuple[str, ...]
    """Ids of all episodes to train on."""
    fresh: tuple[str, ...]
    """Of those, the ones that no update was about before."""
    parent: str | None
    """The policy to learn from, or to be compared with; None for the first."""
    trigger: UpdateTrigger = UpdateTrigger()


def held_out(ids: Sequence[str]) -> frozenset[str]:
    """The episodes kept for the gate, drawn by name alone, so that they are always the same."""
    if len(ids) < LEAST_TO_HOLD_OUT:
        return frozenset()
    return frozenset(name for name in ids if _draw(name) % HELD_OUT_EVERY == 0)


def _draw(name: str) -> int:
    """A large number drawn from the name by SHA-256; CRC-32 of similar names is uneven."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def comparable(held: Iterable[str], candidate: Iterable[str], present: Iterable[str]) -> list[str]:
    """Of the held-out episodes, those that both policies were trained on, or neither was."""
    one, other = set(candidate), set(present)
    return [name for name in held if (name in one) == (name in other)]


def next_update(
    episodes_info: Sequence[EpisodeInfo],
    taken_up: Iterable[str],
    refitted: Iterable[str],
    parent: str | None,
    rules: UpdateRules,
    nudges: bool = True,
    alone: bool = True,
) -> Update | None:
    """What to learn from the episodes, in order; None where nothing is due.

    `taken_up` are those that any update was about, passed or refused, `refitted` those that a
    refit was about. `nudges` is whether the parent can be finetuned, `alone` whether episodes
    in which the policy drove alone are trained on.
    """
    reserved, known, based = held_out([x.id for x in episodes_info]), set(taken_up), set(refitted)
    given = [x for x in episodes_info if x.id not in reserved and (alone or x.human_steps)]
    fresh = [info for info in given if info.id not in known]
    if not fresh:
        return None
    ids = tuple(info.id for info in given)
    names = tuple(info.id for info in fresh)
    if parent is None:
        return Update(UpdateKind.REFIT, ids, names, None) if len(given) >= rules.first else None
    if sum(info.id not in based for info in given) >= rules.refit:
        return Update(UpdateKind.REFIT, ids, names, parent)
    corrected = sum(info.human_steps for info in fresh)
    if nudges and corrected >= rules.nudge_steps:
        return Update(UpdateKind.NUDGE, ids, names, parent)
    return None
