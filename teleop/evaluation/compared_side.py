"""A `Side` is what one of two compared policies did."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Self

from ...policies.statistics.paired import rate_interval
from ..session.subscriber import EpisodeOutcome


@dataclass(frozen=True)
class Side:
    """The results of one policy."""

    policy: str
    episodes: int
    successes: int
    interval: tuple[float, float]
    """Confidence interval of the success rate, valid whenever the comparison stopped."""
    seconds: float
    """Mean length of the episodes of seeds that both solved, s; NaN without any."""
    takeovers: int = 0

    @classmethod
    def of(
        cls,
        policy: str,
        outcomes: Sequence[EpisodeOutcome],
        solved: Sequence[bool],
        hz: int,
        alpha: float,
    ) -> Self:
        """From its outcomes; solved: whether both policies solved the seed of each."""
        successes = sum(outcome.success for outcome in outcomes)
        steps = [outcome.steps for outcome in compress(outcomes, solved)]
        return cls(
            policy,
            len(outcomes),
            successes,
            rate_interval(successes, len(outcomes), alpha),
            sum(steps) / len(steps) / hz if steps else float("nan"),
            sum(outcome.takeovers for outcome in outcomes),
        )

    def __str__(self) -> str:
        low, high = self.interval
        share = f"{self.successes}/{self.episodes} [{100 * low:.0f}-{100 * high:.0f}]"
        return share + (f", {self.takeovers} takeovers" if self.takeovers else "")
