"""This module computes a LeRobot dataset's statistics: extremes, mean, deviation, quantiles.

All are exact but the quantiles, which are averaged over episodes by length, as LeRobot does.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
IMAGE_SAMPLES = 100
"""Approximate number of frames of an episode that its image statistics use."""
Stats: TypeAlias = dict[str, NDArray[Any]]


def column_stats(rows: NDArray[Any]) -> Stats:
    """The statistics of a column [T] or [T, n], each [n]; rows with NaN are left out."""
    values = rows.reshape(len(rows), -1).astype(np.float64)
    given = np.isfinite(values).all(axis=1)
    kept = values[given] if given.any() else np.zeros((1, values.shape[1]))
    return _stats(kept, int(given.sum()))


def image_stats(images: NDArray[np.uint8]) -> Stats:
    """The statistics of images [T, height, width, 3] per channel, in [0, 1], each [3, 1, 1]."""
    step = max(1, len(images) // IMAGE_SAMPLES)
    sample = images[::step]
    pixels = sample[:, ::2, ::2].reshape(-1, 3).astype(np.float64) / 255
    found = _stats(pixels, len(sample))
    return {
        name: value if name == "count" else value.reshape(3, 1, 1) for name, value in found.items()
    }


def merged(parts: Iterable[Mapping[str, Stats]]) -> dict[str, Stats]:
    """The statistics of all episodes, from those of each."""
    by_key: dict[str, list[Stats]] = {}
    for part in parts:
        for key, stats in part.items():
            by_key.setdefault(key, []).append(stats)
    return {key: _merged(found) for key, found in by_key.items()}


def to_json(stats: Mapping[str, Stats]) -> dict[str, dict[str, Any]]:
    """Statistics as lists, for JSON."""
    return {
        key: {name: value.tolist() for name, value in found.items()} for key, found in stats.items()
    }


def _stats(values: NDArray[np.float64], count: int) -> Stats:
    """The statistics of rows [T, n], each [n]."""
    found = {
        "min": values.min(axis=0),
        "max": values.max(axis=0),
        "mean": values.mean(axis=0),
        "std": values.std(axis=0),
        "count": np.array([count]),
    }
    points = np.quantile(values, list(QUANTILES.values()), axis=0)
    return found | dict(zip(QUANTILES, points, strict=True))


def _merged(parts: list[Stats]) -> Stats:
    """The statistics of one column over all parts; parts without a value do not count."""
    parts = [part for part in parts if part["count"][0]] or parts[:1]
    counts = np.array([float(part["count"][0]) for part in parts])
    total = counts.sum()
    shares = counts / total if total else np.ones(1)

    def mean(values: list[NDArray[Any]]) -> NDArray[Any]:
        average: NDArray[Any] = np.tensordot(shares, np.stack(values), axes=1)
        return average

    centre = mean([part["mean"] for part in parts])
    spread = mean([part["std"] ** 2 + (part["mean"] - centre) ** 2 for part in parts])
    found = {
        "min": np.min([part["min"] for part in parts], axis=0),
        "max": np.max([part["max"] for part in parts], axis=0),
        "mean": centre,
        "std": np.sqrt(spread),
        "count": np.array([int(total)]),
    }
    return found | {name: mean([part[name] for part in parts]) for name in QUANTILES}
