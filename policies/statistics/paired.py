"""This module compares two policies on the same seeds; its test stays valid after every pair.

The comparisons and the acceptance gate feed it pairs of scores. Pairs on which both succeed or
both fail are uninformative. Of the others, under the null hypothesis that neither is better, each
is won by either policy with probability 1/2, whatever the seed.
The evidence against that is the likelihood ratio of a fair coin and a coin of unknown bias with
a Beta prior, a martingale of mean 1 under the null: by Ville's inequality (Ville 1939) the chance
that it ever reaches 1/alpha is at most alpha, however long one goes on and for whatever reason one
stops. This is the mixture sequential test of Robbins (1970, Statistical methods related to the
law of the iterated logarithm, Annals of Mathematical Statistics 41) and the always-valid p value
of Johari, Koomen, Pekelis and Walsh (2022, Always valid inference, Operations Research 70).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue

ALPHA = 0.05
"""Probability of calling identical policies different, over a whole comparison."""
PRIOR = 1.0
"""Parameter of the symmetric Beta prior on A's share of the informative pairs; 1 is uniform."""
DIRICHLET = (0.5, 0.5, 0.5)
"""Dirichlet prior (Jeffreys') of the intervals: A better, B better, tie."""
TOLERANCE = 1e-6


class PairedVerdict(StrEnum):
    """The result of a comparison."""

    A_BETTER = "A is better"
    B_BETTER = "B is better"
    OPEN = "no difference found"


@dataclass(frozen=True)
class PairCounts:
    """How many pairs each policy has won, and how many were ties."""

    only_a: int = 0
    """Pairs on which A did better."""
    only_b: int = 0
    """Pairs on which B did better."""
    ties: int = 0
    """Pairs on which both did equally well."""

    def __post_init__(self) -> None:
        if min(self.only_a, self.only_b, self.ties) < 0:
            raise BadValue("pairs", "counts from 0", (self.only_a, self.only_b, self.ties))

    @classmethod
    def of(cls, scores_a: Sequence[float], scores_b: Sequence[float]) -> "PairCounts":
        """The counts of pairs of scores; the higher score is the better."""
        pairs = list(zip(scores_a, scores_b, strict=True))
        wins, losses = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
        return cls(wins, losses, len(pairs) - wins - losses)

    @property
    def pairs(self) -> int:
        """The number of all pairs."""
        return self.only_a + self.only_b + self.ties

    @property
    def difference(self) -> float:
        """Share of pairs that A won minus the share that B won; NaN before the first."""
        return (self.only_a - self.only_b) / self.pairs if self.pairs else float("nan")


def log_evidence(tally: PairCounts, prior: float = PRIOR) -> float:
    """Log of the mixture likelihood ratio against a fair coin; 0 before the first pair."""
    wins, losses = tally.only_a, tally.only_b
    mixture = scipy.special.betaln(wins + prior, losses + prior) - scipy.special.betaln(
        prior, prior
    )
    return float(mixture + (wins + losses) * math.log(2.0))


def fewest_pairs(alpha: float = ALPHA) -> int:
    """The fewest pairs that can decide, all won by the same policy; 8 at 0.05."""
    pairs = 1
    while log_evidence(PairCounts(pairs)) < -math.log(alpha):
        pairs += 1
    return pairs


def p_value(best_log_evidence: float) -> float:
    """The always-valid p value of the highest log evidence reached so far."""
    return min(1.0, math.exp(-best_log_evidence))


class SequentialTest:
    """The sequential test over pairs that arrive one by one; it may be stopped at any time."""

    def __init__(self, alpha: float = ALPHA) -> None:
        if not 0 < alpha < 1:
            raise BadValue("alpha", "an error rate between 0 and 1", alpha)
        self.alpha, self.tally = alpha, PairCounts()
        self._best = 0.0
        self._verdict = PairedVerdict.OPEN

    def add(self, score_a: float, score_b: float) -> PairedVerdict:
        """Add a pair of scores, the higher the better; gives the verdict, final once not OPEN."""
        tally = self.tally
        self.tally = PairCounts(
            tally.only_a + (score_a > score_b),
            tally.only_b + (score_a < score_b),
            tally.ties + (score_a == score_b),
        )
        self._best = max(self._best, log_evidence(self.tally))
        if self._verdict is PairedVerdict.OPEN and self.p_value <= self.alpha:
            ahead = self.tally.only_a > self.tally.only_b
            self._verdict = PairedVerdict.A_BETTER if ahead else PairedVerdict.B_BETTER
        return self._verdict

    @property
    def verdict(self) -> PairedVerdict:
        """The result so far."""
        return self._verdict

    @property
    def p_value(self) -> float:
        """Always valid: at most `alpha` of comparisons of identical policies ever reach `alpha`."""
        return p_value(self._best)

    def is_hopeless(self, pairs_left: int) -> bool:
        """Whether no outcome of the pairs left could decide it, so that stopping costs nothing."""
        tally = self.tally
        reach = max(
            log_evidence(PairCounts(tally.only_a + pairs_left, tally.only_b)),
            log_evidence(PairCounts(tally.only_a, tally.only_b + pairs_left)),
        )
        return self._verdict is PairedVerdict.OPEN and reach < -math.log(self.alpha)


def difference_interval(tally: PairCounts, alpha: float = ALPHA) -> tuple[float, float]:
    """An interval of the difference (A's share of wins minus B's), valid at any stopping time.

    The Dirichlet mixture of multinomial likelihoods over the likelihood of the truth is a
    martingale of mean 1 (Robbins 1970), so the values of (A, B, tie) under which it stays below
    1/alpha contain the truth at all times with probability 1 - alpha. The interval is that set's
    projection on the difference; (-1, 1) before the first pair.
    """
    counts = np.array([tally.only_a, tally.only_b, tally.ties], float)
    if not counts.sum():
        return -1.0, 1.0
    bound = _log_mixture(counts) + math.log(alpha)
    best = tally.difference

    def excess(difference: float) -> float:
        return _profile(counts, difference) - bound

    ends = []
    for edge in (-1.0, 1.0):
        limit = edge * (1 - TOLERANCE)
        inside = excess(limit) > 0
        ends.append(edge if inside or abs(best) == 1 == edge * best else _root(excess, best, limit))
    return ends[0], ends[1]


def rate_interval(successes: int, n: int, alpha: float = ALPHA) -> tuple[float, float]:
    """An interval of a success rate, valid at any stopping time; (0, 1) before the first trial.

    The construction of `difference_interval` with a Beta(1/2, 1/2) mixture.
    """
    if not 0 <= successes <= n:
        raise BadValue("successes", f"a count between 0 and n={n}", successes)
    if n == 0:
        return 0.0, 1.0
    failures = n - successes
    mixture = scipy.special.betaln(successes + 0.5, failures + 0.5) - scipy.special.betaln(0.5, 0.5)
    bound = float(mixture) + math.log(alpha)

    def excess(rate: float) -> float:
        return successes * math.log(rate) + failures * math.log1p(-rate) - bound

    middle = min(max(successes / n, TOLERANCE), 1 - TOLERANCE)
    low = 0.0 if successes == 0 else _root(excess, middle, TOLERANCE)
    high = 1.0 if failures == 0 else _root(excess, middle, 1 - TOLERANCE)
    return low, high


def _root(excess: Callable[[float], float], inside: float, outside: float) -> float:
    if excess(outside) > 0:
        return round(outside)
    return float(scipy.optimize.brentq(excess, inside, outside, xtol=TOLERANCE))


def _log_mixture(counts: NDArray[np.float64]) -> float:
    prior = np.array(DIRICHLET)
    total = scipy.special.gammaln(counts + prior).sum() - scipy.special.gammaln(
        (counts + prior).sum()
    )
    return float(total - scipy.special.gammaln(prior).sum() + scipy.special.gammaln(prior.sum()))


def _profile(counts: NDArray[np.float64], difference: float) -> float:
    """Highest multinomial log-likelihood of any (A, B, tie) with this difference of A and B.

    With s the share of informative pairs, A = (s + d) / 2 and B = (s - d) / 2: concave in s.
    """
    low, high = abs(difference) + TOLERANCE / 10, 1 - TOLERANCE / 10
    a, b, ties = counts

    def unlikeliness(share: float) -> float:
        parts = ((a, (share + difference) / 2), (b, (share - difference) / 2), (ties, 1 - share))
        return -float(sum(n * math.log(max(p, 1e-300)) for n, p in parts if n))

    if low >= high:
        return -unlikeliness((abs(difference) + 1) / 2)
    found = scipy.optimize.minimize_scalar(
        unlikeliness, bounds=(low, high), method="bounded", options={"xatol": TOLERANCE / 1000}
    )
    return -float(found.fun)
