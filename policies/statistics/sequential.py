"""This module holds the sequential test of a success rate that the ladder runs on each stage.

Trials go in one by one; the test rejects the good rate as soon as the evidence suffices.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ...sim_envs.errors import BadValue


@dataclass(frozen=True)
class SprtState:
    """The state of a sequential test."""

    log_ratio: float
    """Log likelihood ratio of the bad rate to the good one, over the trials since the test began or
    last accepted the good rate."""
    trials: int
    """Number of trials seen."""
    rejected_after: int | None = None
    """Number of trials after which the good rate was rejected; None if it was not."""

    @property
    def rejected(self) -> bool:
        """Whether the good rate was rejected."""
        return self.rejected_after is not None


@dataclass(frozen=True)
class Sprt:
    """Wald's sequential probability ratio test (Annals of Mathematical Statistics 16, 1945).

    It restarts whenever it accepts the good rate, so that it never ends by accepting and a long
    good past delays a rejection by no more than one acceptance.
    """

    good: float
    """Success rate that is acceptable (the null hypothesis)."""
    bad: float
    """Success rate that must be detected (the alternative)."""
    alpha: float = 0.05
    """Probability of rejecting the good rate, in each test."""
    beta: float = 0.05
    """Probability of accepting the bad rate, in each test."""

    def __post_init__(self) -> None:
        if not 0 < self.bad < self.good < 1:
            raise BadValue("bad, good", "0 < bad < good < 1", (self.bad, self.good))
        if not (0 < self.alpha < 0.5 and 0 < self.beta < 0.5):
            raise BadValue("alpha, beta", "both between 0 and 0.5", (self.alpha, self.beta))

    @property
    def reject_at(self) -> float:
        """Log ratio at or above which the good rate is rejected: Wald's log((1 - beta) / alpha)."""
        return math.log((1 - self.beta) / self.alpha)

    @property
    def accept_at(self) -> float:
        """Log ratio at or below which the good rate is accepted: Wald's log(beta / (1 - alpha))."""
        return math.log(self.beta / (1 - self.alpha))

    def weight(self, success: bool) -> float:
        """What one trial adds to the log ratio."""
        if success:
            return math.log(self.bad / self.good)
        return math.log((1 - self.bad) / (1 - self.good))

    def judge(self, successes: Iterable[bool]) -> SprtState:
        """The state after trials in their order, up to the one that rejects the good rate."""
        ratio, trials = 0.0, 0
        for success in successes:
            trials += 1
            ratio += self.weight(success)
            if ratio >= self.reject_at:
                return SprtState(ratio, trials, rejected_after=trials)
            if ratio <= self.accept_at:
                ratio = 0.0
        return SprtState(ratio, trials)
