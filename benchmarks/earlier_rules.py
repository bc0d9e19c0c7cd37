"""The ladder's rules up to version 0.1, for comparison only: Wilson's bound and Wald's tests.

A level was earned once the lower end of Wilson's 95 % interval over the last 40 episodes reached
the bar, looked at after every episode, and lost by Wald's test, which began anew whenever it
accepted the good rate.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sidestick.datasets.tables.wilson import wilson

WINDOW = 40
ERROR = 0.05
"""Of Wald's test, either way."""


def promoted_after(clean: NDArray[np.bool_], bar: float) -> NDArray[np.intp]:
    """The episode (H,) after which each history (H, N) was promoted; N + 1 for never."""
    sums = np.pad(clean.cumsum(1, dtype=np.int32), ((0, 0), (1, 0)))
    episodes = clean.shape[1]
    ends = np.arange(1, episodes + 1)
    starts = np.maximum(0, ends - WINDOW)
    earned = _lower_ends()[ends - starts, sums[:, ends] - sums[:, starts]] >= bar
    return np.asarray(np.where(earned.any(1), earned.argmax(1) + 1, episodes + 1))


@cache
def _lower_ends() -> NDArray[np.float64]:
    """The lower end of Wilson's interval, by episodes and clean ones."""
    lows = np.zeros((WINDOW + 1, WINDOW + 1))
    for n in range(1, WINDOW + 1):
        lows[n, : n + 1] = [wilson(successes, n)[0] for successes in range(n + 1)]
    return lows


def demoted_after(clean: NDArray[np.bool_], good: float, bad: float) -> NDArray[np.intp]:
    """The episode (H,) after which Wald's test rejected the good rate; N + 1 for never."""
    limit = math.log((1 - ERROR) / ERROR)
    steps = np.where(clean, math.log(bad / good), math.log((1 - bad) / (1 - good)))
    ratio, found = np.zeros(len(clean)), np.full(len(clean), clean.shape[1] + 1)
    for i in range(clean.shape[1]):
        ratio += steps[:, i]
        found = np.where(ratio >= limit, np.minimum(found, i + 1), found)
        ratio[ratio <= -limit] = 0.0
    return found
