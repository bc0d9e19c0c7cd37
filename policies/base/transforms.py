"""This module holds the preprocessing of feature vectors: transforms saved with the policy.

Each vision fits a list of them in training and applies it in driving (the idea is openpi's).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...datasets.files.decoding import decoded
from ...sim_envs.errors import BadValue, UnknownName

STD_FLOOR = 0.01
"""Smallest divisor: an input that hardly varied in training must not become huge in driving."""


class Transform(Protocol):
    """A function of vectors (..., F) that can be written as JSON."""

    kind: ClassVar[str]

    def __call__(self, values: Tensor) -> Tensor:
        """Transform (..., F) to (..., F)."""
        ...


@dataclass(frozen=True)
class Normalise:
    """Subtract the training mean and divide by the training standard deviation."""

    kind: ClassVar[str] = "normalise"
    mean: tuple[float, ...]
    """(F,) means in the inputs' units."""
    std: tuple[float, ...]
    """(F,) standard deviations in the inputs' units, all positive."""

    @classmethod
    def fit(cls, values: NDArray[np.floating]) -> "Normalise":
        """The normalisation of (N, F) training inputs; no deviation is below `STD_FLOOR`."""
        mean = values.mean(0, dtype=np.float64)
        std = np.maximum(values.std(0, dtype=np.float64), STD_FLOOR)
        return cls(tuple(mean.tolist()), tuple(std.tolist()))

    def __call__(self, values: Tensor) -> Tensor:
        """(..., F) in the inputs' units to (..., F) with mean 0 and standard deviation 1."""
        return (values - values.new_tensor(self.mean)) / values.new_tensor(self.std)

    def inverse(self, values: Tensor) -> Tensor:
        """The inverse: normalised (..., F) to (..., F) in the inputs' units."""
        return values * values.new_tensor(self.std) + values.new_tensor(self.mean)


@dataclass(frozen=True)
class Clip:
    """Limit values to +-limit, so that one outlier cannot dominate the other inputs."""

    kind: ClassVar[str] = "clip"
    limit: float

    def __call__(self, values: Tensor) -> Tensor:
        """(..., F) to (..., F) within [-limit, limit]."""
        return values.clamp(-self.limit, self.limit)


TRANSFORMS: dict[str, type[Normalise] | type[Clip]] = {
    kind.kind: kind for kind in (Normalise, Clip)
}


def to_json(transforms: Sequence[Normalise | Clip]) -> list[dict[str, Any]]:
    """The transforms as JSON values."""
    return [{"kind": transform.kind, **asdict(transform)} for transform in transforms]


def from_json(values: Sequence[dict[str, Any]]) -> tuple[Normalise | Clip, ...]:
    """The transforms from JSON values; UnknownName or BadValue for unknown kinds or fields."""
    return tuple(_one(dict(value)) for value in values)


def _one(value: dict[str, Any]) -> Normalise | Clip:
    kind = str(value.pop("kind", None))
    if kind not in TRANSFORMS:
        raise UnknownName("transform", kind, TRANSFORMS)
    made = decoded(value, TRANSFORMS[kind], f"transform {kind}", closed=True)
    numbers = [made.limit] if isinstance(made, Clip) else [*made.mean, *made.std]
    if not np.isfinite(numbers).all():
        raise BadValue(f"transform {kind}", "finite numbers", "others")
    if isinstance(made, Normalise) and not len(made.mean) == len(made.std) > 0:
        raise BadValue(f"transform {kind}", "as many means as deviations", len(made.std))
    return made


def require_width(transforms: Sequence[Normalise | Clip], size: int) -> None:
    """Raise BadValue unless the transforms take vectors (..., size)."""
    for transform in transforms:
        if isinstance(transform, Normalise) and len(transform.mean) != size:
            raise BadValue("transform normalise", f"{size} means", len(transform.mean))


def apply(transforms: Sequence[Normalise | Clip], values: Tensor) -> Tensor:
    """`values` (B, F) after all transforms in order, (B, F)."""
    for transform in transforms:
        values = transform(values)
    return torch.as_tensor(values)
