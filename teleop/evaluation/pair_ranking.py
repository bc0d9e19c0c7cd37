"""`rank_policies` ranks policies by blind pairs: Bradley-Terry, with the interval of a bootstrap.

Bradley and Terry, "Rank analysis of incomplete block designs", Biometrika 39, 1952; the library
`choix` fits it. Each answer is a comparison that weighs as much as its judge is reliable
(`datasets/judgements/preferences.py`): what is maximised is the sum over all answers of
weight * log P(who was preferred beats the other). The report and the desk of the browser show it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...datasets.formats.optional import require
from ...datasets.judgements.judgement import NEITHER, Judgement
from ...datasets.judgements.judgements import Judgements
from ...datasets.judgements.preferences import FIRST, WeighedAnswer, weighed_answers
from ...datasets.workspace import Workspace

ALPHA = 0.1
"""Of the fit: a policy that won everything keeps a finite strength."""
DRAWS = 200
INTERVAL = (2.5, 97.5)


class Win(NamedTuple):
    """One policy was preferred to another."""

    winner: str
    loser: str
    weight: float
    """How much it counts, in [0, 1]; a draw is half a win of each."""


Wins = list[Win]
"""What is said of one pair of episodes."""


class RankedPolicy(NamedTuple):
    """One policy's place."""

    policy: str
    preferred: float
    """Its probability to be preferred to the average policy, in [0, 1]."""
    interval95: tuple[float, float]
    """95 % of the bootstrap's draws lie between."""
    pairs: int
    """How many pairs it was in."""

    def to_json(self) -> dict[str, Any]:
        """The place by its names, rounded."""
        low, high = self.interval95
        interval = [round(low, 4), round(high, 4)]
        return {**self._asdict(), "preferred": round(self.preferred, 4), "interval95": interval}


def policy_ranking(workspace: Workspace) -> list[RankedPolicy]:
    """The policies of a workspace, ranked by all pairs that were answered; empty without pairs.

    MissingExtra where there are pairs and `choix` is not installed.
    """
    policy_of = {s.id: s.header.policy_id or "" for s in workspace.summaries()}
    return rank_policies(preferences(Judgements(workspace.db_path).all(), policy_of))


def preferences(events: Iterable[Judgement], policy_of: Mapping[str, str]) -> list[Wins]:
    """What was said of each pair of episodes, by an expert, or else by every judge last.

    Pairs without two known, different policies are left out.
    """
    found = []
    for pair, answers in weighed_answers(events).items():
        first, second = (policy_of.get(name, "") for name in pair)
        if first and second and first != second:
            found.append([win for one in answers for win in _wins(first, second, one)])
    return found


def rank_policies(given: Sequence[Wins], seed: int = 0) -> list[RankedPolicy]:
    """The policies by strength, the best first; whole pairs are drawn for the bootstrap."""
    names = sorted({name for wins in given for win in wins for name in win[:2]})
    if len(names) < 2:
        return []
    rng = np.random.default_rng(seed)
    fitted = _preferred(given, names)
    draws = [
        _preferred([given[i] for i in rng.integers(len(given), size=len(given))], names)
        for _ in range(DRAWS)
    ]
    low, high = np.percentile(draws, INTERVAL, axis=0)
    counts = {name: sum(any(name in win[:2] for win in wins) for wins in given) for name in names}
    found = [
        RankedPolicy(name, float(fitted[i]), (float(low[i]), float(high[i])), counts[name])
        for i, name in enumerate(names)
    ]
    return sorted(found, key=lambda one: -one.preferred)


def _wins(first: str, second: str, said: WeighedAnswer) -> Wins:
    if said.answer == NEITHER:
        half = said.weight / 2
        return [Win(first, second, half), Win(second, first, half)]
    ahead = (first, second) if said.answer == FIRST else (second, first)
    return [Win(*ahead, said.weight)]


def _preferred(given: Sequence[Wins], names: Sequence[str]) -> NDArray[np.float64]:
    """The probability [N] of each policy to be preferred to the average one."""
    won = np.zeros((len(names), len(names)))  # [winner, loser]
    for win in (win for wins in given for win in wins):
        won[names.index(win.winner), names.index(win.loser)] += win.weight
    if not won.any():
        return np.full(len(names), 0.5)
    fitted = require("choix", "web").ilsr_pairwise_dense(won, alpha=ALPHA)
    return np.asarray(1.0 / (1.0 + np.exp(-(fitted - fitted.mean()))), np.float64)
