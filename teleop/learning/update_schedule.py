"""The learner's homework: what there is to learn next from a workspace's episodes; a pure rule."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

HELD_OUT_EVERY = 10
"""One episode in so many is never trained on: the gate asks about it."""
LEAST_TO_HOLD_OUT = 20
"""Episodes from which on some are held out; of fewer each counts for success."""


class UpdateKind(Enum):
    """How a policy is made better."""

    NUDGE = "nudge"
    """At most a hundred steps from the weights that drive, after corrections."""
    REFIT = "refit"
    """From the base, on everything."""


@dataclass(frozen=True)
class UpdateRules:
    """When which is due."""

    first: int = 5
    """Episodes from which the first policy is made."""
    refit: int = 10
    """New episodes since the last refit that make one due."""
    nudge_steps: int = 50
    """New human-driven steps that make a nudge due (FIELD 4: never on a handful)."""


@dataclass(frozen=True)
class EpisodeInfo:
    """An episode as the rule sees it."""

    id: str
    human_steps: int


@dataclass(frozen=True)
class UpdateTrigger:
    """What a candidate is made after, for its provenance."""

    source: str = "corrections"
    """What the fresh episodes are: `corrections` or `practice`."""
    round: int | None = None
    """Their round in the ledger; None: one after the parent's."""


@dataclass(frozen=True)
class Update:
    """What to learn next."""

    kind: UpdateKind
    episodes: tuple[str, ...]
    """Ids of all episodes to train on."""
    fresh: tuple[str, ...]
    """Of those, the ones that no attempt has taken up before."""
    parent: str | None
    """The policy to learn from, or to be compared with; None for the first."""
    trigger: UpdateTrigger = UpdateTrigger()


def held_out(ids: Sequence[str]) -> frozenset[str]:
    """The episodes that are kept for the gate: by name alone, so that they are always the same."""
    if len(ids) < LEAST_TO_HOLD_OUT:
        return frozenset()
    return frozenset(name for name in ids if _draw(name) % HELD_OUT_EVERY == 0)


def _draw(name: str) -> int:
    """A large number that is a function of the name; CRC-32 of names alike is not spread evenly."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def comparable(held: Iterable[str], candidate: Iterable[str], present: Iterable[str]) -> list[str]:
    """Of the held-out episodes, those that both policies were trained on, or neither was."""
    learnt, knows = set(candidate), set(present)
    return [name for name in held if (name in learnt) == (name in knows)]


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

    `taken_up` are those that any attempt was about, passed or refused, `refitted` those that a
    training from the base was about. `nudges` is whether the parent can be nudged, `alone`
    whether an episode in which no human drove teaches anything.
    """
    reserved, known, based = held_out([x.id for x in episodes_info]), set(taken_up), set(refitted)
    given = [x for x in episodes_info if x.id not in reserved and (alone or x.human_steps)]
    fresh = [tutorial for tutorial in given if tutorial.id not in known]
    if not fresh:
        return None
    ids = tuple(tutorial.id for tutorial in given)
    names = tuple(tutorial.id for tutorial in fresh)
    if parent is None:
        return Update(UpdateKind.REFIT, ids, names, None) if len(given) >= rules.first else None
    if sum(tutorial.id not in based for tutorial in given) >= rules.refit:
        return Update(UpdateKind.REFIT, ids, names, parent)
    corrected = sum(tutorial.human_steps for tutorial in fresh)
    if nudges and corrected >= rules.nudge_steps:
        return Update(UpdateKind.NUDGE, ids, names, parent)
    return None
