"""`ranked` ranks policies by blind pairs: Bradley-Terry, with the interval of a bootstrap.

Bradley and Terry, "Rank analysis of incomplete block designs", Biometrika 39, 1952; the library
`choix` fits it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import choix
import numpy as np

from ....datasets.judgements.judgement import NEITHER
from .answer_book import ItemAnswers
from .items import ItemKind

ALPHA = 0.1
"""Of the fit: a policy that won everything keeps a finite strength."""
DRAWS = 200
INTERVAL = (2.5, 97.5)


class Ranked(NamedTuple):
    """One policy's place."""

    policy: str
    strength: float
    """Its probability to be preferred to the average policy, in [0, 1]."""
    low: float
    high: float
    """95 % of the bootstrap's draws lie between."""
    pairs: int


def preferences(
    items: Mapping[str, ItemAnswers], policy_of: Mapping[str, str]
) -> list[list[tuple[str, str]]]:
    """Winner and loser of every answered pair, by item; a draw counts as one win of each."""
    found = []
    for key, answers in items.items():
        kind, _, both = key.partition(":")
        pair = both.split(":")
        if kind != ItemKind.PAIR or not all(name in policy_of for name in pair):
            continue
        words = list(answers.words.values())
        if answers.expert is not None:
            words = [ItemAnswers({"": answers.expert}).words[""]]
        first, second = (policy_of[name] for name in pair)
        wins = []
        for word in words:
            if word in (pair[0], NEITHER):
                wins.append((first, second))
            if word in (pair[1], NEITHER):
                wins.append((second, first))
        found.append(wins)
    return found


def ranked(given: Sequence[Sequence[tuple[str, str]]], seed: int = 0) -> list[Ranked]:
    """The policies by strength, the best first; whole items are drawn for the bootstrap."""
    names = sorted({name for wins in given for pair in wins for name in pair})
    if len(names) < 2:
        return []
    rng = np.random.default_rng(seed)
    fitted = _strengths(given, names)
    draws = np.array(
        [
            _strengths([given[i] for i in rng.integers(len(given), size=len(given))], names)
            for _ in range(DRAWS)
        ]
    )
    low, high = np.percentile(draws, INTERVAL, axis=0)
    counts = {name: sum(any(name in pair for pair in wins) for wins in given) for name in names}
    found = [
        Ranked(name, float(fitted[i]), float(low[i]), float(high[i]), counts[name])
        for i, name in enumerate(names)
    ]
    return sorted(found, key=lambda one: -one.strength)


def _strengths(given: Sequence[Sequence[tuple[str, str]]], names: Sequence[str]) -> np.ndarray:
    """The probability [N] of each policy to be preferred to the average one."""
    wins = [(names.index(a), names.index(b)) for pair in given for a, b in pair]
    if not wins:
        return np.full(len(names), 0.5)
    fitted = choix.ilsr_pairwise(len(names), wins, alpha=ALPHA)
    return np.asarray(1.0 / (1.0 + np.exp(-(fitted - fitted.mean()))))
