"""`wilson` gives the interval of a success rate that tables, evaluations and the report show.

Wilson's score interval (Wilson 1927, Probable inference, the law of succession, and statistical
inference, Journal of the American Statistical Association 22): the rates p at which the observed
share lies within z standard errors of p, where the standard error is that of p itself. It is
written out here: importing scipy.stats for it takes 0.7 CPU-seconds, which a list need not wait
for. A test compares both.
"""

import math
from statistics import NormalDist

from ...sim_envs.errors import BadValue


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Both ends of the interval; (0, 1) before the first trial."""
    if not 0 <= successes <= n:
        raise BadValue("successes", f"a count between 0 and n={n}", successes)
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = (successes + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(successes * (n - successes) / n + z**2 / 4)
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == n else middle + half
    return low, high
