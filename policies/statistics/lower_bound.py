"""This module gives a lower bound of a success rate that holds after every trial at once.

The ladder promotes by it, so that it may look after every episode and stop whenever it likes.

The bound is a bet (Waudby-Smith and Ramdas 2024, Estimating means of bounded random variables by
betting, Journal of the Royal Statistical Society B 86, sections 3 and 4). Somebody who doubts that
the rate is above a bar offers odds of 1/bar on a success, and one stakes a fixed share u of one's
capital on every trial: a success multiplies it by 1 - u + u/bar, a failure by 1 - u. These are the
likelihood ratios of the rate bar + (1 - bar) u against the bar. At any rate up to the bar the
capital is not expected to grow, whatever u: it is a supermartingale of start 1, and so is a fixed
mixture over u (Robbins 1970, Annals of Mathematical Statistics 41). By Ville's inequality (1939)
the chance that it ever reaches 1/alpha is at most alpha. The bars at which it has not reached
1/alpha are therefore a confidence sequence (Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of
Statistics 49); as the capital falls with the bar, they begin at one number, the lower bound.
"""

import math
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue

STAKES = np.array([0.25, 0.5, 0.75, 1.0])
"""(4,) shares of the capital that are staked. 1 climbs fastest and is lost at the first failure;
0.75 is the best stake at a rate of 0.95 against a bar of 0.80, and 0.5 at 0.90."""
WEIGHTS = np.array([0.1, 0.2, 0.3, 0.4])
"""(4,) parts of the first capital that go to each stake; a policy that never fails pays log(1/0.4)
for the mixture, which is two episodes at a bar of 0.60 and four or five at 0.80."""
TOLERANCE = 1e-9


def log_capital(successes: Any, failures: Any, bar: float) -> NDArray[np.float64]:
    """Log of the capital that bets on a rate above `bar` have made; 0 before the first trial.

    Counts are numbers or arrays of one shape, and so is the result. BadValue for a bar outside
    (0, 1).
    """
    if not 0 < bar < 1:
        raise BadValue("bar", "a rate between 0 and 1", bar)
    won = np.asarray(successes, float)[..., None] * np.log1p(STAKES * (1 / bar - 1))
    lost = scipy.special.xlog1py(np.asarray(failures, float)[..., None], -STAKES)
    return np.asarray(np.logaddexp.reduce(won + lost + np.log(WEIGHTS), axis=-1), np.float64)


def exceeds(successes: int, failures: int, bar: float, alpha: float) -> bool:
    """Whether the rate is shown to be above `bar`, at an error of `alpha` over all looks."""
    return bool(log_capital(successes, failures, bar) >= -math.log(alpha))


def lower_bound(successes: int, n: int, alpha: float) -> float:
    """The bound: below the true rate at all times with probability 1 - alpha; 0 at first."""
    _check_counts(successes, n)
    _check_alpha(alpha)

    def excess(bar: float) -> float:
        return float(log_capital(successes, n - successes, bar)) + math.log(alpha)

    if excess(TOLERANCE) < 0:
        return 0.0
    return float(scipy.optimize.brentq(excess, TOLERANCE, 1 - TOLERANCE, xtol=TOLERANCE))


def successes_needed(successes: int, failures: int, bar: float, alpha: float) -> int:
    """The least number of further successes in a row that shows a rate above `bar`."""
    _check_alpha(alpha)
    partial = STAKES < 1
    stakes, weights = STAKES[partial], WEIGHTS[partial]
    short = -math.log(alpha) - np.log(weights) - failures * np.log1p(-stakes)
    enough = short / np.log1p(stakes * (1 / bar - 1)) - successes
    more = np.arange(max(0, math.ceil(enough.min())) + 1)
    capital = log_capital(successes + more, np.full_like(more, failures), bar)
    return int(np.argmax(capital >= -math.log(alpha)))


def error_of_stay(alpha: float, stay: int) -> float:
    """The error that the `stay`-th test of the same bar may spend, from 1: alpha / (k (k + 1)).

    All of them together spend at most `alpha`, as the sum of 1 / (k (k + 1)) is 1.
    """
    if stay < 1:
        raise BadValue("stay", "a number from 1", stay)
    return alpha / (stay * (stay + 1))


def _check_counts(successes: int, n: int) -> None:
    if not 0 <= successes <= n:
        raise BadValue("successes", f"a count between 0 and n={n}", successes)


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise BadValue("alpha", "an error rate between 0 and 1", alpha)
