"""The success rate of a method over several trainings, with an interval that covers new trainings.

Episodes of one trained policy are alike, so N episodes of m policies are worth less than N. The
interval is Korn and Graubard's (1998, Confidence intervals for proportions with small expected
number of positive counts estimated from survey data, Survey Methodology 24, 193-201): the exact
one of Clopper and Pearson at the effective number of episodes, N over the design effect (at least
1), times the squared ratio of Student's t quantiles with N - 1 and m - 1 degrees of freedom.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import beta, t

from sidestick.sim_envs.errors import BadValue

TAIL = 0.975


def clustered_interval(successes: Sequence[int], episodes: Sequence[int]) -> tuple[float, float]:
    """95 % interval of the success rate of m >= 1 policies; with one, of that policy alone.

    `successes` and `episodes` are counts (m,), one for each policy.
    """
    won, driven = np.array(successes, float), np.array(episodes, float)
    if won.shape != driven.shape or not len(won) or (won > driven).any() or not driven.all():
        raise BadValue("successes, episodes", "counts of each policy", (successes, episodes))
    total, rate = driven.sum(), won.sum() / driven.sum()
    effective = total * _worth(won, driven, rate)
    low = 0.0 if rate == 0 else float(beta.ppf(1 - TAIL, rate * effective, _rest(rate, effective)))
    high = 1.0 if rate == 1 else float(beta.ppf(TAIL, rate * effective + 1, (1 - rate) * effective))
    return low, high


def _rest(rate: float, effective: float) -> float:
    """Second parameter of the lower end's beta distribution."""
    return (1 - rate) * effective + 1


def _worth(won: np.ndarray, driven: np.ndarray, rate: float) -> float:
    """How much of an independent episode one is worth, in (0, 1]."""
    policies, total = len(won), driven.sum()
    if policies == 1:
        return 1.0
    spread = policies / (policies - 1) * float(((won - rate * driven) ** 2).sum()) / total**2
    binomial = rate * (1 - rate) / total
    effect = max(1.0, spread / binomial) if binomial else 1.0
    quantiles = t.ppf(TAIL, total - 1) / t.ppf(TAIL, policies - 1)
    return float(quantiles**2 / effect)
