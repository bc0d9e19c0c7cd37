"""An `Item` is one question about the dataset, on one screen, with one key an answer.

It becomes a judgement, and `item_key` finds the item that any judgement answers: those that were
given at the windows count as well.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ....datasets.judgements.judgement import (
    ACCEPT,
    CLICK,
    CORRECT,
    FAILURE,
    NEITHER,
    OTHER,
    PREDICTION,
    PREFERENCE,
    QUALITIES,
    QUALITY,
    REASON,
    REJECT,
    STAGE,
    SUCCESS,
    THIS,
    TRIM,
    VERDICT,
    Judgement,
)
from ....datasets.judgements.settled_clicks import near
from ....sim_envs.errors import BadValue
from ...review.episode_actions import REASONS

OVERLAP = 0.2
"""Share of the items that several judges answer."""
GIVEN_TWICE = 2
"""So many judges answer those."""
NEAR_STEPS = 10
"""Answers so near to each other are the same answer: half a second."""
LARGEST = 1e9
"""Number of an answer; no step or pixel has more."""


class ItemKind(StrEnum):
    """What is asked."""

    OUTCOME = "outcome"
    QUALITY = "quality"
    REASON = "reason"
    STAGE = "stage"
    TRIM = "trim"
    PREDICTION = "prediction"
    PAIR = "pair"
    CLICK = "click"


JUDGED_AS: Mapping[ItemKind, str] = {
    ItemKind.OUTCOME: VERDICT,
    ItemKind.QUALITY: QUALITY,
    ItemKind.REASON: REASON,
    ItemKind.STAGE: STAGE,
    ItemKind.TRIM: TRIM,
    ItemKind.PREDICTION: PREDICTION,
    ItemKind.PAIR: PREFERENCE,
    ItemKind.CLICK: CLICK,
}
"""The kind of judgement that an answer becomes."""
SIDES = (THIS, OTHER, NEITHER)


@dataclass(frozen=True)
class Item:
    """One question."""

    key: str
    """Tells items apart; made of what is asked about."""
    kind: ItemKind
    question: str
    episode: str
    start: int | None = None
    other: str = ""
    """The second episode of a pair."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What the judgement holds beside the answer."""
    shown: Mapping[str, Any] = field(default_factory=dict)
    """What the page shows beside the clip; it never tells who drove."""

    @property
    def needed(self) -> int:
        """How many judges have to answer it."""
        return GIVEN_TWICE if drawn(self.key) < OVERLAP else 1

    def payload(self, value: object) -> dict[str, Any]:
        """What the judgement of an answer holds; BadValue for what is no answer to this."""
        if self.kind is ItemKind.OUTCOME:
            return {"verdict": _one_of(value, SUCCESS, FAILURE)}
        if self.kind is ItemKind.QUALITY:
            return {"quality": _one_of(value, *QUALITIES)}
        if self.kind is ItemKind.REASON:
            return {"reasons": [_one_of(value, *REASONS)], "text": ""}
        if self.kind is ItemKind.PREDICTION:
            return {**self.more, "grade": _one_of(value, ACCEPT, REJECT)}
        if self.kind is ItemKind.PAIR:
            return {**self.more, "preferred": _one_of(value, *SIDES)}
        if self.kind is ItemKind.CLICK:
            x, y = _numbers(value, "x", "y")
            side = float(self.shown["side"])
            if not (0 <= x <= side and 0 <= y <= side):
                raise BadValue("click", f"a place in the picture of {side:.0f} pixels", (x, y))
            return {**self.more, "x": round(x, 1), "y": round(y, 1)}
        return dict(self.more)

    def steps(self, value: object) -> tuple[int | None, int | None]:
        """Start and stop of the judgement of an answer."""
        if self.kind is ItemKind.STAGE:
            (step,) = _numbers(value, "step")
            return int(step), None
        if self.kind is ItemKind.TRIM:
            start, stop = _numbers(value, "start", "stop")
            return int(start), int(stop)
        return self.start, None


def drawn(key: str) -> float:
    """A number in [0, 1) that an item always has: who restarts the server draws no others."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) / 2**32


def item_key(judgement: Judgement) -> str | None:
    """The key of the item that a judgement answers; None where it answers none."""
    episode, kind = judgement.episode, judgement.kind
    if kind == STAGE:
        return f"{ItemKind.STAGE}:{episode}:{judgement.payload['stage']}"
    if kind in (PREDICTION, CLICK):
        return f"{kind}:{episode}:{judgement.start}"
    if kind == PREFERENCE:
        first, second = sorted((episode, str(judgement.payload["other"])))
        return f"{ItemKind.PAIR}:{first}:{second}"
    found = next((item for item, judged in JUDGED_AS.items() if judged == kind), None)
    return None if found is None else f"{found}:{episode}"


def answer_word(judgement: Judgement) -> str:
    """What a judgement answers, in one word, to compare it with others'."""
    payload, kind = judgement.payload, judgement.kind
    if kind == PREFERENCE:  # named by the episode: the sides differ from judge to judge
        sides = {THIS: judgement.episode, OTHER: str(payload["other"]), NEITHER: NEITHER}
        return sides[payload["preferred"]]
    if kind in (STAGE, TRIM):
        return f"{judgement.start}-{judgement.stop}"
    if kind == CLICK:
        return f"{payload['x']:.0f},{payload['y']:.0f}"
    if kind == REASON:
        return ", ".join(payload.get("reasons", ()))
    if kind == PREDICTION:  # who corrects a plan at the window has rejected it
        return REJECT if payload["grade"] == CORRECT else str(payload["grade"])
    return str(payload[{VERDICT: "verdict", QUALITY: "quality"}[kind]])


def alike(one: Judgement, other: Judgement) -> bool:
    """Whether two answers to an item say the same: nobody hits a step or a place exactly."""
    if one.kind in (STAGE, TRIM):
        ends = (one.start or 0, other.start or 0), (one.stop or 0, other.stop or 0)
        return all(abs(mine - yours) <= NEAR_STEPS for mine, yours in ends)
    if one.kind == CLICK:
        return near(one, other)
    return answer_word(one) == answer_word(other)


def _one_of(value: object, *known: object) -> Any:
    if isinstance(value, bool) or value not in known:
        raise BadValue("answer", f"one of {', '.join(map(str, known))}", repr(value)[:60])
    return value


def _numbers(value: object, *names: str) -> list[float]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise BadValue("answer", f"{' and '.join(names)}", repr(value)[:60])
    found = [value[name] for name in names]
    if not all(type(n) in (int, float) and abs(n) <= LARGEST for n in found):
        raise BadValue("answer", "numbers", repr(value)[:60])
    return [float(number) for number in found]
