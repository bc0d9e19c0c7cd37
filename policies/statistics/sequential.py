"""This module holds the sequential test by which the ladder takes a level away.

Trials go in one by one; the test rejects the good rate as soon as the evidence suffices.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ...sim_envs.errors import BadValue


@dataclass(frozen=True)
class RateTestState:
    """The state of a sequential test."""

    log_ratio: float
    """Log of the weighted sum of likelihood ratios of the bad rate to the good one."""
    trials: int
    """Number of trials seen."""
    rejected_after: int | None = None
    """Number of trials after which the good rate was rejected; None if it was not."""

    @property
    def rejected(self) -> bool:
        """Whether the good rate was rejected."""
        return self.rejected_after is not None


@dataclass(frozen=True)
class ShiryaevRoberts:
    """Shiryaev's and Roberts' test for a success rate that is bad from the start, or becomes bad.

    The statistic R starts at 1, and a trial makes it (R + hazard) * ratio, with the likelihood
    ratio of the bad rate to the good one on that trial: one likelihood ratio from the first trial
    on, and `hazard` times that from every later one (Shiryaev 1963; Roberts 1966, Technometrics 8;
    with a head start, Moustakides, Polunchenko and Tartakovsky 2011, Statistica Sinica 21). It
    rejects at R >= 1 / alpha. At any rate from the good one up, R + hazard * (N - n) is a
    supermartingale, so by Ville's inequality it rejects within N trials with a chance of at most
    alpha * (1 + hazard * N). It never accepts, so that a bad rate is rejected in the end.
    """

    good: float
    """Success rate that is acceptable (the null hypothesis)."""
    bad: float
    """Success rate that must be detected (the alternative)."""
    alpha: float = 0.05
    """Probability of ever rejecting the good rate, for a change before the first trial."""
    hazard: float = 1 / 50
    """Weight of a change at any later trial: each 1 / hazard trials add alpha to that error."""

    def __post_init__(self) -> None:
        if not 0 < self.bad < self.good < 1:
            raise BadValue("bad, good", "0 < bad < good < 1", (self.bad, self.good))
        if not (0 < self.alpha < 0.5 and 0 <= self.hazard < 1):
            raise BadValue(
                "alpha, hazard", "alpha in (0, 0.5), hazard in [0, 1)", (self.alpha, self.hazard)
            )

    @property
    def reject_at(self) -> float:
        """Log of the statistic at or above which the good rate is rejected."""
        return -math.log(self.alpha)

    def ratio(self, success: bool) -> float:
        """The likelihood ratio of the bad rate to the good one on one trial."""
        return self.bad / self.good if success else (1 - self.bad) / (1 - self.good)

    def false_alarms(self, trials: int) -> float:
        """Upper bound of the chance that a rate from `good` up is rejected within `trials`."""
        return min(1.0, self.alpha * (1 + self.hazard * trials))

    def judge(self, successes: Iterable[bool]) -> RateTestState:
        """The state after trials in their order, up to the one that rejects the good rate."""
        statistic, trials = 1.0, 0
        for success in successes:
            trials += 1
            statistic = (statistic + self.hazard) * self.ratio(success)
            if statistic >= 1 / self.alpha:
                return RateTestState(math.log(statistic), trials, rejected_after=trials)
        return RateTestState(math.log(statistic), trials)
