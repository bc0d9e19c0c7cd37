"""A sequential test of a success rate: it judges after every trial, and stops as soon as it can."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ...sim_envs.errors import BadValue


@dataclass(frozen=True)
class SprtState:
    """Where a sequential test stands."""

    log_ratio: float
    """Logarithm of how much likelier the trials are under the bad rate than under the good one,
    since the test began or last accepted the good rate."""
    trials: int
    """Trials that were judged."""
    rejected_after: int | None = None
    """Trials after which the good rate was rejected; None when it was not."""

    @property
    def rejected(self) -> bool:
        """Whether the good rate was rejected."""
        return self.rejected_after is not None


@dataclass(frozen=True)
class Sprt:
    """Wald's sequential probability ratio test (Annals of Mathematical Statistics 16, 1945).

    It is begun anew whenever it accepts the good rate, so that it goes on watching for ever and a
    long good past delays a rejection by no more than one acceptance.
    """

    good: float
    """Success rate that is as it should be."""
    bad: float
    """Success rate that must not go on."""
    alpha: float = 0.05
    """Chance to reject the good rate, in each test."""
    beta: float = 0.05
    """Chance to accept the bad rate, in each test."""

    def __post_init__(self) -> None:
        if not 0 < self.bad < self.good < 1:
            raise BadValue("bad, good", "0 < bad < good < 1", (self.bad, self.good))
        if not (0 < self.alpha < 0.5 and 0 < self.beta < 0.5):
            raise BadValue("alpha, beta", "both between 0 and 0.5", (self.alpha, self.beta))

    @property
    def reject_at(self) -> float:
        """Log ratio from which on the good rate is rejected: Wald's log((1 - beta) / alpha)."""
        return math.log((1 - self.beta) / self.alpha)

    @property
    def accept_at(self) -> float:
        """Log ratio down to which the good rate is accepted: Wald's log(beta / (1 - alpha))."""
        return math.log(self.beta / (1 - self.alpha))

    def weight(self, success: bool) -> float:
        """What one trial adds to the log ratio."""
        if success:
            return math.log(self.bad / self.good)
        return math.log((1 - self.bad) / (1 - self.good))

    def judge(self, successes: Iterable[bool]) -> SprtState:
        """Judge trials in their order, up to the one that decides against the good rate."""
        ratio, trials = 0.0, 0
        for success in successes:
            trials += 1
            ratio += self.weight(success)
            if ratio >= self.reject_at:
                return SprtState(ratio, trials, rejected_after=trials)
            if ratio <= self.accept_at:
                ratio = 0.0
        return SprtState(ratio, trials)
