"""Novelty scores how unusual an observation is to a policy, as a quantile over familiar scenes.

It joins the disagreement of the policy's ensemble and the distance to the nearest training windows.
`LearnedPolicy.plan` calls it for every plan; training calibrates it (`training.run`).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..datasets.files.decoding import decoded
from ..sim_envs.errors import BadValue
from .base.checkpoint import Tensors
from .base.novelty_scale import MOST_FAMILIAR_SCENES, novelty_beyond

MOST_POINTS = 2048
"""Number of training windows that are kept; more add little and cost time in every plan."""
NEAREST = 3
"""Number of nearest windows to average the distance over: one alone may be a fluke."""
LEAST_SCALE = 0.05
"""Smallest divisor of an input, in the units in which the head reads it."""
FARTHEST = 6e4
"""About the largest number that float16 can hold."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """A sample of the head's inputs in training, each number over its standard deviation."""

    points: Tensor
    """float16 (M, F)."""
    scale: Tensor
    """float32 (F,) the standard deviations."""
    episodes: NDArray[np.int64] | None = None
    """(M,) the episode of each point; None but in training."""

    @classmethod
    def fit(cls, x: Tensor, episodes: NDArray[np.int64]) -> "Neighbours":
        """Points chosen evenly from the head's inputs x (N, F) of `episodes` (N,)."""
        chosen = np.linspace(0, len(x) - 1, min(MOST_POINTS, len(x))).astype(np.int64)
        scale = x.std(0, correction=0).clamp_min(LEAST_SCALE).float()
        points = (x[chosen].float() / scale).clamp(-FARTHEST, FARTHEST).half()
        return cls(points, scale, episodes[chosen])

    def __call__(
        self, x: Tensor, apart_from: NDArray[np.int64] | None = None
    ) -> NDArray[np.float64]:
        """Mean distance (B,) of x (B, F) to the nearest points.

        `apart_from` (B,) holds the episode of each x; points of the same episode do not count, so
        that training windows are scored as if their episode were new.
        """
        distances = torch.cdist(x.float() / self.scale, self.points.float())
        if apart_from is not None and self.episodes is not None:
            own = torch.from_numpy(apart_from[:, None] == self.episodes[None])
            distances = distances.masked_fill(own, float("inf"))
        nearest = distances.topk(min(NEAREST, len(self.points)), largest=False).values
        mean: NDArray[np.float64] = nearest.double().mean(-1).numpy()
        return mean


LEVELS = (*(i / 100 for i in range(100)), 0.995, 0.999, 1.0)
"""Quantile levels that are kept, denser in the tail, where thresholds are set."""
POINTS, SCALE = "novelty.points", "novelty.scale"
"""Names of the neighbours in a policy's weights."""


def disagreement(spread: NDArray[np.float32], execute: int) -> NDArray[np.float64]:
    """Mean standard deviation over the executed part of a plan: (B, H, A) to (B,)."""
    executed: NDArray[np.float64] = spread[:, :execute].astype(np.float64)
    return np.asarray(executed.mean(axis=(1, 2)))


@dataclass(frozen=True)
class Quantiles:
    """A score's distribution over familiar scenes."""

    values: tuple[float, ...] = ()
    """The score at each of `LEVELS`; empty where the score is not informative."""

    def __post_init__(self) -> None:
        if self.values and len(self.values) != len(LEVELS):
            raise BadValue("novelty quantiles", f"{len(LEVELS)} or none", len(self.values))

    @classmethod
    def fit(cls, scores: NDArray[np.float64]) -> "Quantiles":
        """The quantiles of scores (N,); none where all are zero, or one is not finite."""
        if not len(scores) or not scores.any() or not np.isfinite(scores).all():
            return cls()
        return cls(tuple(np.quantile(scores, LEVELS).tolist()))

    def __call__(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of familiar scenes that score less, (N,); NaN if never calibrated."""
        if not self.values:
            return np.full(len(scores), np.nan)
        return np.asarray(np.interp(scores, self.values, LEVELS))

    def ratio(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores over the highest familiar one, (N,); 0 if never calibrated."""
        highest = self.values[-1] if self.values else 0.0
        return scores / highest if highest > 0 else np.zeros(len(scores))


@dataclass(frozen=True)
class Novelty:
    """The larger of two quantiles, itself as a quantile: 1 % of familiar scenes exceed 0.99.

    Beyond all familiar scenes it goes on rising, see `novelty_beyond`, and stays below 1.

    Disagreement over familiar scenes: ThriftyDAgger (Hoque 2021, section III-B). It misses scenes
    in which all ensemble members are wrong alike; the distance to the training windows does not.
    """

    disagreements: Quantiles = Quantiles()
    """Quantiles of the spread of plans; empty where the ensemble has one member."""
    source: str = "none"
    """Which scenes were familiar: "held-out" episodes, "training" ones (the disagreement on which
    is optimistic, while distances are to other episodes), "none"."""
    distances: Quantiles = Quantiles()
    """Quantiles of the distance to the training windows; empty in policies older than it."""
    both: Quantiles = Quantiles()
    """Quantiles of the larger of the two quantiles."""
    neighbours: Neighbours | None = field(default=None, compare=False)
    """The training windows that distances are measured to; None if not calibrated."""

    @classmethod
    def fit(
        cls,
        scores: NDArray[np.float64],
        source: str,
        distances: NDArray[np.float64] | None = None,
        neighbours: Neighbours | None = None,
    ) -> "Novelty":
        """Novelty calibrated on familiar scenes' disagreements `scores` and `distances`, (N,)."""
        known = Quantiles.fit(scores)
        apart = Quantiles() if distances is None else Quantiles.fit(distances)
        both = Quantiles()
        if distances is not None and known.values and apart.values:
            both = Quantiles.fit(np.maximum(known(scores), apart(distances)))
        if not known.values and not apart.values:
            return cls()
        return cls(known, source, apart, both, neighbours if apart.values else None)

    def __call__(self, score: float, x: Tensor | None = None) -> float:
        """The share of familiar scenes that were less unusual; NaN if never calibrated.

        `x` (1, F) is the head's input; without it, only the disagreement `score` counts.
        """
        scores = np.array([score])
        level, ratio = self.disagreements(scores), self.disagreements.ratio(scores)
        if self.neighbours is not None and x is not None:
            distances = self.neighbours(x)
            by_distance = self.distances(distances)
            both = self.both(np.maximum(level, by_distance))
            level = both if self.both.values else by_distance
            ratio = np.maximum(ratio, self.distances.ratio(distances))
        if ratio[0] > 1:
            return novelty_beyond(float(ratio[0]))
        return float(np.minimum(level, MOST_FAMILIAR_SCENES)[0])

    def settings(self) -> dict[str, Any]:
        """The quantiles as JSON; the neighbours are stored with the weights (`tensors`)."""
        return {
            "values": list(self.disagreements.values),
            "source": self.source,
            "distances": list(self.distances.values),
            "both": list(self.both.values),
        }

    def tensors(self) -> Tensors:
        """The neighbours' arrays by name, to be saved beside the weights; empty without any."""
        if self.neighbours is None:
            return {}
        return {POINTS: self.neighbours.points, SCALE: self.neighbours.scale}

    @classmethod
    def build(cls, settings: dict[str, Any], tensors: Tensors) -> "Novelty":
        """Novelty from `settings()` and `tensors()`; removes its own arrays from `tensors`.

        BadValue where they do not fit together.
        """
        settings = decoded(settings, dict[str, Any], "novelty")
        known, apart, both = (
            Quantiles(decoded(settings.get(key, ()), tuple[float, ...], f"novelty: {key}"))
            for key in ("values", "distances", "both")
        )
        points, scale = tensors.pop(POINTS, None), tensors.pop(SCALE, None)
        if points is not None and scale is not None and points.shape[1:] != scale.shape:
            raise BadValue("novelty", f"points of {list(scale.shape)}", list(points.shape[1:]))
        neighbours = None
        if points is not None and scale is not None and apart.values:
            neighbours = Neighbours(points, scale)
        return cls(
            known, decoded(settings.get("source"), str, "novelty: source"), apart, both, neighbours
        )
