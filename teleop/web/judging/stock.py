"""`Stock` makes the items that there are to judge, of every kind, from the workspace.

Items about episodes follow from the list. Those of a policy's predictions and of clicks need a
network, which is loaded when the first of them is asked for.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from ....datasets.judgements.judgement_state import ResolvedJudgements
from ....datasets.summary import EpisodeSummary
from ...review.review_queue import first_priority, is_audited
from ..dataset.library import NONE_STANDS, Library
from .items import Item, ItemKind, drawn

FRESH_S = 5.0
"""The items are made anew when they are older than this."""
RENEWED_S = 60.0
"""Those that need a network may be made anew when they are older than this, and used up."""
MOST_PAIRS = 2000
Maker = Callable[[], list[Item]]


class Stock:
    """The items by kind, the most worth judging first."""

    def __init__(self, library: Library, more: Mapping[ItemKind, Maker] | None = None) -> None:
        """`more` makes the items of kinds that need a network, which takes seconds."""
        self._library, self._more = library, dict(more or {})
        self._made: dict[ItemKind, tuple[float, list[Item]]] = {}
        self._making = {kind: threading.Lock() for kind in ItemKind}
        self._own: dict[ItemKind, Callable[[list[EpisodeSummary]], list[Item]]] = {
            ItemKind.OUTCOME: lambda found: [outcome_item(s) for s in found],
            ItemKind.QUALITY: lambda found: [quality_item(s) for s in found],
            ItemKind.REASON: lambda found: [reason_item(s) for s in found if not s.success],
            ItemKind.STAGE: lambda found: [item for s in found for item in stage_items(s)],
            ItemKind.TRIM: lambda found: [trim_item(s) for s in found],
            ItemKind.PAIR: pair_items,
        }

    @property
    def kinds(self) -> list[ItemKind]:
        """The kinds that there can be items of."""
        return [kind for kind in ItemKind if kind in self._own or kind in self._more]

    def items(self, kind: ItemKind) -> list[Item]:
        """The items of a kind."""
        with self._making[kind]:
            made, found = self._made.get(kind, (float("-inf"), []))
            if kind in self._own and time.monotonic() - made > FRESH_S:
                found = self._own[kind](self._used())
                self._made[kind] = (time.monotonic(), found)
            elif kind in self._more and made == float("-inf"):
                found = self._more[kind]()
                self._made[kind] = (time.monotonic(), found)
            return found

    def renewed(self, kind: ItemKind) -> bool:
        """Whether a kind that needs a network is to be made anew when it is asked for next."""
        with self._making[kind]:
            made, _ = self._made.get(kind, (float("-inf"), []))
            old = kind in self._more and time.monotonic() - made > RENEWED_S
            if old:
                self._made.pop(kind, None)
            return old

    def _used(self) -> list[EpisodeSummary]:
        """The episodes that nobody excluded, the most worth judging first."""
        stands = self._library.stands()
        found = [s for s in self._library.summaries() if not stands.get(s.id, NONE_STANDS).excluded]
        return sorted(found, key=lambda s: (-_worth(s, stands.get(s.id)), drawn(s.id)))


def _worth(summary: EpisodeSummary, stands: ResolvedJudgements | None) -> float:
    return first_priority(summary, stands, is_audited(summary)).value


def outcome_item(summary: EpisodeSummary) -> Item:
    """Did it work?"""
    question = f"Was this done: {summary.header.instruction}?"
    return Item(f"{ItemKind.OUTCOME}:{summary.id}", ItemKind.OUTCOME, question, summary.id)


def quality_item(summary: EpisodeSummary) -> Item:
    """How well was it driven?"""
    question = f"How well was it driven: {summary.header.instruction}?"
    return Item(f"{ItemKind.QUALITY}:{summary.id}", ItemKind.QUALITY, question, summary.id)


def reason_item(summary: EpisodeSummary) -> Item:
    """Why did it fail?"""
    question = f"It failed. Why: {summary.header.instruction}?"
    return Item(f"{ItemKind.REASON}:{summary.id}", ItemKind.REASON, question, summary.id)


def stage_items(summary: EpisodeSummary) -> list[Item]:
    """Where does each stage after the first begin?"""
    return [
        Item(
            f"{ItemKind.STAGE}:{summary.id}:{stage}",
            ItemKind.STAGE,
            f"At which step does the stage {stage} begin?",
            summary.id,
            more={"stage": stage},
        )
        for stage in summary.header.stages[1:]
    ]


def trim_item(summary: EpisodeSummary) -> Item:
    """Which steps are worth keeping?"""
    question = "From which step to which is the episode worth keeping?"
    return Item(f"{ItemKind.TRIM}:{summary.id}", ItemKind.TRIM, question, summary.id)


def pair_items(summaries: Sequence[EpisodeSummary]) -> list[Item]:
    """Which of two was better? Pairs of episodes that two policies began, of one goal if any.

    Nothing that is shown tells which policy drove.
    """
    driven = [s for s in summaries if s.header.policy_id and s.human_steps < s.steps]
    pairs = [
        (one, other)
        for one, other in combinations(driven, 2)
        if one.header.policy_id != other.header.policy_id
    ]
    pairs.sort(key=lambda pair: (not _alike(*pair), drawn(f"{pair[0].id}{pair[1].id}")))
    return [_pair_item(*sorted((one.id, other.id))) for one, other in pairs[:MOST_PAIRS]]


def _pair_item(first: str, second: str) -> Item:
    key, question = f"{ItemKind.PAIR}:{first}:{second}", "Which one was driven better?"
    return Item(key, ItemKind.PAIR, question, first, other=second, more={"other": second})


def _alike(one: EpisodeSummary, other: EpisodeSummary) -> bool:
    """Whether two episodes had the same scene, or at least the same goal."""
    return one.header.seed == other.header.seed or one.header.goal == other.header.goal
