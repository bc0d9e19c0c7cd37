"""This module gives 95 % intervals of rates and shares other than success rates.

The report calls it for events per exposure (Poisson) and for shares of sums (bootstrap).
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 2000
"""Number of bootstrap resamples per interval."""


@dataclass(frozen=True)
class Interval:
    """A measured value and its 95 % interval."""

    value: float
    """The estimate."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""


def poisson_rate(events: int, exposures: int) -> Interval:
    """Events per exposure with Garwood's exact interval (Garwood 1936)."""
    tail = (1 - CONFIDENCE) / 2
    low = float(scipy.stats.chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    high = float(scipy.stats.chi2.ppf(1 - tail, 2 * events + 2)) / 2
    return Interval(events / exposures, low / exposures, high / exposures)


def share_interval(parts: NDArray[np.integer], wholes: NDArray[np.integer]) -> tuple[float, float]:
    """95 % interval of sum(parts) / sum(wholes) over N >= 2 units, which are resampled in pairs.

    `parts` and `wholes` are (N,), a part at most its whole; percentile bootstrap (Efron 1979).
    """

    def share(
        part: NDArray[np.integer], whole: NDArray[np.integer], axis: int
    ) -> NDArray[np.float64]:
        return np.asarray(part.sum(axis) / np.maximum(whole.sum(axis), 1), np.float64)

    found = scipy.stats.bootstrap(
        (parts, wholes),
        share,
        n_resamples=RESAMPLES,
        paired=True,
        vectorized=True,
        confidence_level=CONFIDENCE,
        method="percentile",
        random_state=np.random.default_rng(0),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)
