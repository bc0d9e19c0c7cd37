"""This module measures how well a score separates positives from negatives: area under the ROC.

The evaluation of takeover prediction calls it.
"""

import numpy as np
import scipy
from numpy.typing import NDArray


def auroc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Probability that a positive scores above a negative, ties half (Mann and Whitney 1947).

    `scores` and `positive` are (N,); NaN where all are positive or none is.
    """
    hits, misses = scores[positive], scores[~positive]
    if not len(hits) or not len(misses):
        return float("nan")
    above = scipy.stats.mannwhitneyu(hits, misses, method="asymptotic").statistic
    return float(above) / (len(hits) * len(misses))
