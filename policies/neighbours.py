"""How far a scene lies from what a policy was trained on: the nearest training windows."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MOST_POINTS = 2048
"""Training windows that are kept; more add little and cost time in every plan."""
NEAREST = 3
"""The mean distance to so many: one alone may be a fluke."""
LEAST_SCALE = 0.05
"""Smallest divisor of an input, in the units in which the head reads it."""
FARTHEST = 6e4
"""What float16 can hold, about."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """A sample of what the head read in training, each number over its standard deviation."""

    points: Tensor
    """float16 (M, F)."""
    scale: Tensor
    """float32 (F,) the standard deviations."""
    episodes: NDArray[np.int64] | None = None
    """(M,) where the points come from; known in training only."""

    @classmethod
    def fit(cls, x: Tensor, episodes: NDArray[np.int64]) -> "Neighbours":
        """Evenly chosen from the training windows x (N, F) of `episodes` (N,)."""
        chosen = np.linspace(0, len(x) - 1, min(MOST_POINTS, len(x))).astype(np.int64)
        scale = x.std(0, correction=0).clamp_min(LEAST_SCALE).float()
        points = (x[chosen].float() / scale).clamp(-FARTHEST, FARTHEST).half()
        return cls(points, scale, episodes[chosen])

    def __call__(
        self, x: Tensor, apart_from: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Mean distance (B,) of x (B, F) to the nearest points.

        With `apart_from` (B,) no point of the same episode counts: each window of the training
        data is then judged as if its episode were new.
        """
        distances = torch.cdist(x.float() / self.scale, self.points.float())
        if apart_from is not None and self.episodes is not None:
            own = torch.from_numpy(apart_from[:, None] == self.episodes[None])
            distances = distances.masked_fill(own, float("inf"))
        nearest = distances.topk(min(NEAREST, len(self.points)), largest=False).values
        mean: NDArray[np.float64] = nearest.double().mean(-1).numpy()
        return mean
