"""This module gives success rates with Wilson's interval, and McNemar's test of paired rates.

Evaluation, the ladder and the report call it with counts of successes and trials.
"""

from dataclasses import dataclass

import scipy

from ...datasets.tables.wilson import wilson


def mcnemar(only_first: int, only_second: int) -> float:
    """P value of McNemar's exact two-sided test, from the pairs on which only one succeeded."""
    pairs = only_first + only_second
    return float(scipy.stats.binomtest(only_first, pairs).pvalue) if pairs else 1.0


@dataclass(frozen=True)
class Rate:
    """A success rate, as successes out of a number of trials."""

    successes: int
    """Number of successes."""
    n: int
    """Number of trials."""

    @property
    def value(self) -> float:
        """The share that succeeded; NaN before the first trial."""
        return self.successes / self.n if self.n else float("nan")

    @property
    def interval95(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        return wilson(self.successes, self.n)

    def __str__(self) -> str:
        low, high = self.interval95
        return f"{self.successes}/{self.n} 95 % [{100 * low:.0f}-{100 * high:.0f}]"
