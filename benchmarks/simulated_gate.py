"""Simulated rulings of the gate: its rules on thousands of histories at once, without physics.

`python -m benchmarks.evidence` prints what comes of it; a test compares each ruling with the
gate's own, pair by pair.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from sidestick.policies.gate_record import GateVerdict
from sidestick.policies.statistics.non_inferiority import ROUNDING, log_wealth
from sidestick.policies.statistics.paired import ALPHA as COMPARE_ALPHA
from sidestick.policies.statistics.paired import PRIOR
from sidestick.teleop.learning.acceptance_gate import AcceptanceCriteria

Flags = NDArray[np.bool_]
Rates = float | NDArray[np.float64]
OPEN, WORSE, NOT_WORSE, BETTER = range(4)
VERDICTS = {
    OPEN: GateVerdict.UNDECIDED,
    WORSE: GateVerdict.WORSE,
    NOT_WORSE: GateVerdict.NOT_WORSE,
    BETTER: GateVerdict.BETTER,
}


def outcomes(
    rates: Sequence[Rates],
    histories: int,
    seeds: int,
    correlation: float,
    random: np.random.Generator,
) -> list[Flags]:
    """Success (histories, seeds) of policies with these rates, each one number or (histories,).

    Every policy meets the difficulty of the scene, which all share, with probability
    sqrt(correlation), and else a difficulty of its own; the results of two equal policies then
    have this correlation.
    """
    shared = random.random((histories, seeds), np.float32)
    found = []
    for rate in rates:
        own = random.random((histories, seeds), np.float32)
        common = random.random((histories, seeds), np.float32) < np.sqrt(correlation)
        found.append(np.where(common, shared, own) < np.reshape(rate, (-1, 1)))
    return found


@dataclass(frozen=True)
class Rulings:
    """The gate's decisions on many histories."""

    verdicts: NDArray[np.intp]
    """(H,), keys of `VERDICTS`."""
    pairs: NDArray[np.intp]
    """(H,), seeds that the candidate drove."""

    @property
    def passed(self) -> Flags:
        """Whether each candidate may drive."""
        return self.verdicts >= NOT_WORSE

    def count(self, verdict: int) -> int:
        """Number of rulings with this verdict."""
        return int((self.verdicts == verdict).sum())


def rulings(candidate: Flags, others: Sequence[Flags], rules: AcceptanceCriteria) -> Rulings:
    """Rulings on histories (H, N) of a candidate and its opponents, the reference last.

    N is the budget of pairs; the rules are those of `GateTest`.
    """
    budget = candidate.shape[1]
    tests = [_Test(len(candidate), budget, rules) for _ in others]
    pairs = np.zeros(len(candidate), int)
    for number in range(budget):
        left = budget - number
        stop = np.any([test.state == WORSE for test in tests], axis=0)
        stop |= np.any([(test.state == OPEN) & ~test.can_show(left) for test in tests], axis=0)
        wanted = [test.is_open(left, test is tests[-1]) & ~stop for test in tests]
        running = np.any(wanted, axis=0)
        if not running.any():
            break
        pairs += running
        for test, other, drives in zip(tests, others, wanted, strict=True):
            test.add(candidate[:, number], other[:, number], drives)
    states = np.array([test.state for test in tests])
    shown = np.where(states[-1] == BETTER, BETTER, NOT_WORSE)
    verdicts = np.where((states >= NOT_WORSE).all(0), shown, OPEN)
    return Rulings(np.where((states == WORSE).any(0), WORSE, verdicts), pairs)


class _Test:
    """`NonInferiorityTest` on many histories."""

    def __init__(self, histories: int, most: int, rules: AcceptanceCriteria) -> None:
        self.counts = np.zeros((3, histories), int)  # won, lost and tied pairs
        self.state = np.full(histories, OPEN)
        self._margin, self._zero = wealth_table(most, -rules.margin), wealth_table(most, 0.0)
        self._limit, self._refuse = -np.log(rules.alpha), -np.log(rules.refusal_alpha)

    def can_show(self, left: int) -> Flags:
        wins, losses, ties = self.counts
        return self._margin[wins + left, losses, ties] >= self._limit

    def is_open(self, left: int, is_reference: bool) -> Flags:
        wins, losses, ties = self.counts
        better = self._zero[wins + left, losses, ties] >= self._limit
        promising = self._zero[wins, losses, ties] > ROUNDING
        goes_on = (self.state == NOT_WORSE) & promising & better & is_reference
        return (self.state == OPEN) | goes_on

    def add(self, candidate: Flags, other: Flags, drives: Flags) -> None:
        results = (candidate & ~other, other & ~candidate, candidate == other)
        self.counts += np.array(results) & drives
        wins, losses, ties = self.counts
        better = drives & (self._zero[wins, losses, ties] >= self._limit)
        not_worse = drives & (self._margin[wins, losses, ties] >= self._limit)
        worse = drives & (self._zero[losses, wins, ties] >= self._refuse)
        is_open = self.state == OPEN
        self.state[is_open & worse] = WORSE
        self.state[is_open & not_worse] = NOT_WORSE
        self.state[better] = BETTER


@cache
def wealth_table(most: int, bound: float) -> NDArray[np.float64]:
    """Log wealth by won, lost and tied pairs, (most + 1,) * 3."""
    wins, losses, ties = np.ogrid[: most + 1, : most + 1, : most + 1]
    table = np.empty((most + 1,) * 3)
    for won in range(most + 1):
        table[won] = log_wealth(wins[won], losses[0], ties[0], bound)
    return table


def lost_sequential_test(candidate: Flags, present: Flags, alpha: float) -> Flags:
    """Whether `SequentialTest` ends (H,) with the verdict that the candidate is worse."""
    decided, ahead = sequential_verdicts(candidate, present, alpha)
    first = decided.argmax(1)
    return decided.any(1) & ~ahead[np.arange(len(first)), first]


def sequential_verdicts(a: Flags, b: Flags, alpha: float = COMPARE_ALPHA) -> tuple[Flags, Flags]:
    """After each pair (H, N) whether the evidence of `SequentialTest` suffices, and A is ahead."""
    pairs = a.shape[1]
    wins, losses = (a & ~b).cumsum(1), (b & ~a).cumsum(1)
    return _evidence_table(pairs)[wins, losses] >= -np.log(alpha), wins > losses


@cache
def _evidence_table(most: int) -> NDArray[np.float64]:
    """`log_evidence` by pairs that A and B won, (most + 1,) * 2."""
    wins, losses = np.ogrid[: most + 1, : most + 1]
    mixture = betaln(wins + PRIOR, losses + PRIOR) - betaln(PRIOR, PRIOR)
    return np.asarray(mixture + (wins + losses) * np.log(2.0))
