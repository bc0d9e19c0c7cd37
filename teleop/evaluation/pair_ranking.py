"""`rank_policies` ranks policies by blind pairs: Bradley-Terry, with the interval of a bootstrap.

Bradley and Terry, "Rank analysis of incomplete block designs", Biometrika 39, 1952; the library
`choix` fits it. The report and the desk of the browser show it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...datasets.formats.optional import require
from ...datasets.judgements.counting_words import MACHINE
from ...datasets.judgements.judgement import NEITHER, OTHER, PREFERENCE, THIS, Judgement
from ...datasets.judgements.judgement_state import not_undone
from ...datasets.judgements.judgements import Judgements
from ...datasets.judgements.reliability import is_expert
from ...datasets.workspace import Workspace

ALPHA = 0.1
"""Of the fit: a policy that won everything keeps a finite strength."""
DRAWS = 200
INTERVAL = (2.5, 97.5)
Wins = list[tuple[str, str]]
"""Winner and loser, by what one pair's judges say of it."""


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

    A draw counts as one win of each; pairs without two known, different policies are left out.
    """
    said: dict[frozenset[str], dict[str, Judgement]] = {}
    for event in not_undone(list(events)):
        if event.kind == PREFERENCE and event.operator != MACHINE:
            who = "" if is_expert(event) else event.operator
            said.setdefault(_pair(event), {})[who] = event
    found = []
    for pair, answers in said.items():
        policies = {policy_of.get(name, "") for name in pair}
        if "" not in policies and len(policies) == 2:
            settled = [answers[""]] if "" in answers else answers.values()
            found.append([win for event in settled for win in _wins(event, policy_of)])
    return found


def rank_policies(given: Sequence[Wins], seed: int = 0) -> list[RankedPolicy]:
    """The policies by strength, the best first; whole pairs are drawn for the bootstrap."""
    names = sorted({name for wins in given for pair in wins for name in pair})
    if len(names) < 2:
        return []
    rng = np.random.default_rng(seed)
    fitted = _preferred(given, names)
    draws = [
        _preferred([given[i] for i in rng.integers(len(given), size=len(given))], names)
        for _ in range(DRAWS)
    ]
    low, high = np.percentile(draws, INTERVAL, axis=0)
    counts = {name: sum(any(name in pair for pair in wins) for wins in given) for name in names}
    found = [
        RankedPolicy(name, float(fitted[i]), (float(low[i]), float(high[i])), counts[name])
        for i, name in enumerate(names)
    ]
    return sorted(found, key=lambda one: -one.preferred)


def _pair(event: Judgement) -> frozenset[str]:
    return frozenset((event.episode, str(event.payload["other"])))


def _wins(event: Judgement, policy_of: Mapping[str, str]) -> Wins:
    this, other = policy_of[event.episode], policy_of[str(event.payload["other"])]
    word = event.payload["preferred"]
    wins = [(this, other)] if word in (THIS, NEITHER) else []
    return [*wins, (other, this)] if word in (OTHER, NEITHER) else wins


def _preferred(given: Sequence[Wins], names: Sequence[str]) -> NDArray[np.float64]:
    """The probability [N] of each policy to be preferred to the average one."""
    wins = [(names.index(a), names.index(b)) for pair in given for a, b in pair]
    if not wins:
        return np.full(len(names), 0.5)
    fitted = require("choix", "web").ilsr_pairwise(len(names), wins, alpha=ALPHA)
    return np.asarray(1.0 / (1.0 + np.exp(-(fitted - fitted.mean()))), np.float64)
