"""This module sets a limit that a new value exceeds no more often than stated, from few values.

The calibration of help requests calls it with one number per successful episode.
"""

import math
from collections.abc import Sequence


def conformal_limit(values: Sequence[float], error: float) -> float:
    """The limit that the next value exceeds with probability at most `error`; inf with too few.

    The ceil((n + 1) (1 - error))-th smallest of n values; holds for any distribution as long as
    the next value is exchangeable with them (Vovk 2005, Algorithmic Learning in a Random World,
    section 4.2; Angelopoulos and Bates 2023, A Gentle Introduction, section 1).
    """
    place = math.ceil((len(values) + 1) * (1 - error) - 1e-9)
    return sorted(values)[place - 1] if place <= len(values) else math.inf


def least_values(error: float) -> int:
    """The number of values from which on the limit is finite."""
    return math.ceil(1 / error - 1 - 1e-9)
