"""This module computes how far reviewers agree beyond chance: Cohen's kappa."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from ...sim_envs.errors import BadValue
from .judgement import PREDICTION, QUALITY, VERDICT, Judgement
from .judgement_state import not_undone

KEYS = {VERDICT: "verdict", QUALITY: "quality", PREDICTION: "grade"}


class JudgeAgreement(NamedTuple):
    """Agreement of two reviewers on what both have judged."""

    first: str
    second: str
    items: int
    agreed: float
    """Share of the items with the same grade."""
    kappa: float
    """1 for full agreement, 0 for chance; NaN where chance alone explains everything."""


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Cohen's kappa of two reviewers (Cohen 1960): (agreed - expected) / (1 - expected).

    NaN where both give the same single grade throughout: chance agreement is then 1.
    """
    if len(first) != len(second) or not first:
        raise BadValue("grades", "equally many of both, at least one", (len(first), len(second)))
    known = sorted({*map(str, first), *map(str, second)})
    places = {grade: place for place, grade in enumerate(known)}
    table = np.zeros((len(known), len(known)))
    for one, other in zip(first, second, strict=True):
        table[places[str(one)], places[str(other)]] += 1
    table /= len(first)
    expected = float(table.sum(1) @ table.sum(0))
    agreed = float(np.trace(table))
    return float("nan") if expected >= 1.0 else (agreed - expected) / (1.0 - expected)


def agreements(events: Iterable[Judgement], kind: str = PREDICTION) -> list[JudgeAgreement]:
    """Kappa of every pair of reviewers on what both judged; each one's last grade counts."""
    if kind not in KEYS:
        raise BadValue("kind of judgement", f"one of {', '.join(KEYS)}", kind)
    grades: Mapping[str, dict[Hashable, Hashable]] = defaultdict(dict)
    for event in not_undone(events):
        if event.kind == kind:
            grades[event.operator][event.episode, event.start] = event.payload[KEYS[kind]]
    found = []
    for first, second in combinations(sorted(grades), 2):
        shared = sorted(grades[first].keys() & grades[second].keys(), key=repr)
        if shared:
            one, other = ([grades[name][item] for item in shared] for name in (first, second))
            agreed = float(np.mean([a == b for a, b in zip(one, other, strict=True)]))
            kappa = cohen_kappa(one, other)
            found.append(JudgeAgreement(first, second, len(shared), agreed, kappa))
    return found
