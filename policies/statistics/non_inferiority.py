"""This module tests whether one policy is worse than another by no more than a margin.

The acceptance gate feeds it pairs of results on the same seeds. A pair scores X = 1 where only the
candidate succeeds, -1 where only the other does, else 0; its mean d is the difference of the two
success rates. Against the hypothesis d <= b a gambler bets: each pair multiplies the wealth, 1 at
first, by 1 + f (X - b) / (1 + b), where f is the share of the wealth that a lost pair costs. Under
the hypothesis the wealth is a supermartingale, so that by Ville's inequality (Ville 1939) the
chance that it ever reaches 1/alpha is at most alpha, however often one looks and for whatever
reason one stops. The wealth here is the mean over a fixed grid of bets f (Waudby-Smith and Ramdas
2024, Estimating means of bounded random variables by betting, Journal of the Royal Statistical
Society B 86, sections 4 and B; Shekhar and Ramdas 2024, Nonparametric two-sample testing by
betting, IEEE Transactions on Information Theory 70).
"""

import math
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...sim_envs.errors import BadValue
from .paired import PairCounts

BETS = np.linspace(0.05, 0.95, 19)
"""Shares of the wealth that are bet, each with the same weight."""
ROUNDING = 1e-9
"""Log wealth that may be an error of rounding."""


class MarginVerdict(StrEnum):
    """What the pairs have shown of a candidate; the first finding is final, but for NOT_WORSE."""

    OPEN = "not decided"
    WORSE = "worse"
    NOT_WORSE = "not worse by the margin"
    """May still become BETTER."""
    BETTER = "better"


def log_wealth(
    wins: ArrayLike, losses: ArrayLike, ties: ArrayLike, bound: float = 0.0
) -> NDArray[np.float64]:
    """Log of the wealth against the hypothesis that the mean score is at most `bound`.

    Counts of pairs of any common shape; the result has that shape. The wealth depends on the
    counts alone, not on the order of the pairs. BadValue for a bound outside (-1, 1).
    """
    if not -1 < bound < 1:
        raise BadValue("bound of a mean score", "between -1 and 1", bound)
    counts = [np.asarray(count, float)[..., None] for count in (wins, losses, ties)]
    gains = [np.log1p(BETS * (score - bound) / (1 + bound)) for score in (1, -1, 0)]
    logs = sum(count * gain for count, gain in zip(counts, gains, strict=True))
    return np.asarray(np.logaddexp.reduce(logs, axis=-1) - math.log(len(BETS)), np.float64)


def fewest_ties(margin: float, alpha: float) -> int:
    """Fewest pairs that show "not worse by the margin" where both always do equally well."""
    return _fewest(0, margin, alpha)


def fewest_wins(margin: float, alpha: float) -> int:
    """Fewest pairs that show "not worse by the margin" where the candidate wins all of them."""
    return _fewest(1, margin, alpha)


def _fewest(wins: int, margin: float, alpha: float) -> int:
    pairs = 1
    while log_wealth(wins * pairs, 0, (1 - wins) * pairs, -margin) < -math.log(alpha):
        pairs += 1
    return pairs


class NonInferiorityTest:
    """The sequential test of a candidate against one other policy; it may be stopped at any time.

    The chance of NOT_WORSE or BETTER is at most `alpha` for a candidate that is worse by the
    margin or more, that of BETTER at most `alpha` for one that is not better, and that of WORSE
    at most `refusal_alpha` for one that is not worse.
    """

    def __init__(self, margin: float, alpha: float, refusal_alpha: float) -> None:
        for name, rate in (("alpha", alpha), ("refusal_alpha", refusal_alpha)):
            if not 0 < rate < 1:
                raise BadValue(name, "an error rate between 0 and 1", rate)
        if not 0 < margin < 1:
            raise BadValue("margin", "a difference of success rates between 0 and 1", margin)
        self.margin, self.counts = margin, PairCounts()
        self._accept_at, self._refuse_at = -math.log(alpha), -math.log(refusal_alpha)
        self._verdict = MarginVerdict.OPEN

    def add(self, candidate: bool, other: bool) -> MarginVerdict:
        """Add the results of both on one seed; gives the verdict so far."""
        counts = self.counts
        self.counts = PairCounts(
            counts.only_a + (candidate > other),
            counts.only_b + (candidate < other),
            counts.ties + (candidate == other),
        )
        if self._verdict in (MarginVerdict.OPEN, MarginVerdict.NOT_WORSE):
            self._verdict = self._judge()
        return self._verdict

    @property
    def verdict(self) -> MarginVerdict:
        """The result so far."""
        return self._verdict

    @property
    def is_shown(self) -> bool:
        """Whether the candidate was shown not to be worse by the margin."""
        return self._verdict in (MarginVerdict.NOT_WORSE, MarginVerdict.BETTER)

    @property
    def is_promising(self) -> bool:
        """Whether the pairs so far speak for "better" rather than against it."""
        return self.log_wealth(0.0) > ROUNDING

    def log_wealth(self, bound: float) -> float:
        """Log evidence that the difference of the success rates is above `bound`."""
        counts = self.counts
        return float(log_wealth(counts.only_a, counts.only_b, counts.ties, bound))

    def can_show(self, pairs_left: int, better: bool = False) -> bool:
        """Whether winning all pairs left would show "not worse", or `better`."""
        counts = self.counts
        bound = 0.0 if better else -self.margin
        reach = log_wealth(counts.only_a + pairs_left, counts.only_b, counts.ties, bound)
        return bool(reach >= self._accept_at)

    def _judge(self) -> MarginVerdict:
        counts = self.counts
        if self.log_wealth(0.0) >= self._accept_at:
            return MarginVerdict.BETTER
        if self._verdict is MarginVerdict.NOT_WORSE:
            return self._verdict
        if self.log_wealth(-self.margin) >= self._accept_at:
            return MarginVerdict.NOT_WORSE
        if log_wealth(counts.only_b, counts.only_a, counts.ties) >= self._refuse_at:
            return MarginVerdict.WORSE
        return MarginVerdict.OPEN
