"""How unusual a scene is: the heads' disagreement, as a quantile of what is familiar."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = (*(i / 100 for i in range(100)), 0.995, 0.999, 1.0)
"""Quantiles that are kept, denser in the tail, where thresholds are set."""


def disagreement(spread: NDArray[np.float32], execute: int) -> NDArray[np.float64]:
    """Mean standard deviation over the executed part of a plan: (B, H, 7) to (B,)."""
    executed: NDArray[np.float64] = spread[:, :execute].astype(np.float64)
    return np.asarray(executed.mean(axis=(1, 2)))


@dataclass(frozen=True)
class Novelty:
    """The quantiles of disagreement over familiar scenes (ThriftyDAgger, Hoque 2021, III-B)."""

    values: tuple[float, ...] = ()
    """Disagreement at each of `LEVELS`; empty where there is only one head to ask."""
    source: str = "none"
    """Which scenes were familiar: "held-out" episodes, "training" ones (optimistic), "none"."""

    @classmethod
    def fit(cls, scores: NDArray[np.float64], source: str) -> "Novelty":
        """Calibrate on the disagreements (N,) of familiar scenes."""
        if not len(scores) or not scores.any():
            return cls()
        return cls(tuple(np.quantile(scores, LEVELS).tolist()), source)

    def __call__(self, score: float) -> float:
        """The share of familiar scenes with less disagreement; NaN if never calibrated."""
        return float(np.interp(score, self.values, LEVELS)) if self.values else float("nan")

    def settings(self) -> dict[str, Any]:
        """As JSON."""
        return {"values": list(self.values), "source": self.source}
