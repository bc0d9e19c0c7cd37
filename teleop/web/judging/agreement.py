"""These functions say how far judges agree, and how well each answers what is known.

Krippendorff's alpha takes any number of judges who answered any part of the items: 1 for full
agreement, 0 for chance. The library `krippendorff` computes it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import krippendorff
import numpy as np

from .answer_book import ItemAnswers

MEASURED: Mapping[str, str] = {"quality": "ordinal"}
"""Level of measurement of the answers, by kind of item; nominal for all others."""
WORDED = ("outcome", "quality", "prediction", "pair", "reason")
"""Kinds whose answers are one of a few words, which can be compared."""


class JudgeRecord(NamedTuple):
    """How one judge has answered so far."""

    name: str
    answers: int
    gold: int
    """Items with known answers among them."""
    right: int
    """Of those, how many were answered as known."""


def alpha(items: Mapping[str, ItemAnswers], kind: str) -> float | None:
    """Krippendorff's alpha of the judges' answers; None where nothing was answered twice."""
    answered = [a.words for key, a in items.items() if key.startswith(f"{kind}:")]
    shared = [words for words in answered if len(words) > 1]
    judges = sorted({name for words in shared for name in words})
    known = sorted({word for words in shared for word in words.values()})
    if not shared or kind not in WORDED:
        return None
    if len(known) < 2:
        return 1.0  # alpha is not defined where all say the same everywhere: they agree
    places = {word: place for place, word in enumerate(known)}
    table = np.full((len(judges), len(shared)), np.nan)
    for column, words in enumerate(shared):
        for name, word in words.items():
            table[judges.index(name), column] = places[word]
    level: Any = MEASURED.get(kind, "nominal")
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement=level))


def records(items: Mapping[str, ItemAnswers]) -> list[JudgeRecord]:
    """How each judge has answered, by name."""
    counts: dict[str, list[int]] = {}
    for key, answers in items.items():
        expert = answers.expert
        for name, word in answers.words.items():
            count = counts.setdefault(name, [0, 0, 0])
            count[0] += 1
            if expert is not None and key.partition(":")[0] in WORDED:
                count[1] += 1
                count[2] += word == _expert_word(answers)
    return [JudgeRecord(name, *count) for name, count in sorted(counts.items())]


def _expert_word(answers: ItemAnswers) -> str:
    assert answers.expert is not None
    return ItemAnswers({"": answers.expert}).words[""]
