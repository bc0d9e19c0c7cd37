"""How well a score tells positives from negatives: the area under the ROC curve."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu


def auroc(scores: NDArray[np.floating], positive: NDArray[np.bool_]) -> float:
    """Chance that a positive's score is above a negative's, ties half (Mann and Whitney 1947).

    `scores` and `positive` are (N,); NaN where all are positive or none is.
    """
    hits, misses = scores[positive], scores[~positive]
    if not len(hits) or not len(misses):
        return float("nan")
    above = mannwhitneyu(hits, misses, method="asymptotic").statistic
    return float(above) / (len(hits) * len(misses))
