"""This module rotates vectors and actions about the vertical by the end effector's heading.

The features of sorting tasks and the policy call it. Features and actions in the heading's frame
do not change when the whole scene is turned about the vertical, so that a network need not learn
that from examples (the relative actions of UMI, Chi 2024, section IV-C, about the one axis that
matters on a table).
"""

from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]
KEY = "heading"
"""Prepared input (N,): the heading in whose frame a window's actions are given, radians."""


def rotation(quat_xyzw: NDArray[np.floating]) -> Array:
    """Rotation matrices (N, 3, 3) of unit quaternions (N, 4), which are not normalised.

    Observations are float32, off unit length by 1e-7. scipy's Rotation normalises first, which
    moves the actions of policies that were trained on these numbers by more than 1e-6.
    """
    x, y, z, w = np.moveaxis(np.asarray(quat_xyzw, np.float64), -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    return np.moveaxis(np.array(rows), -1, 0)


def heading(turn: Array) -> Array:
    """Angle (N,) of the end effector's x axis on the table, from rotation matrices (N, 3, 3)."""
    return np.asarray(np.arctan2(turn[:, 1, 0], turn[:, 0, 0]))


@overload
def turned(vectors: NDArray[np.floating], angle: Array) -> Array: ...
@overload
def turned(vectors: Tensor, angle: Tensor) -> Tensor: ...
def turned(vectors: Any, angle: Any) -> Any:
    """Vectors (N, ..., 2 or 3) turned by angles (N,) about the vertical; numpy or torch."""
    library: Any = torch if isinstance(vectors, Tensor) else np
    angle = angle.reshape(len(angle), *(1,) * (vectors.ndim - 2))
    cosine, sine = library.cos(angle), library.sin(angle)
    x, y = vectors[..., 0], vectors[..., 1]
    level = library.stack((cosine * x - sine * y, sine * x + cosine * y), -1)
    return library.concatenate((level, vectors[..., 2:]), -1)


def turned_actions(actions: NDArray[np.float32], angle: Array) -> NDArray[np.float32]:
    """Actions (N, H, A) whose translation and rotation are turned by angles (N,), radians."""
    moved = actions.copy()
    moved[..., 0:2] = turned(actions[..., 0:2], angle)
    moved[..., 3:5] = turned(actions[..., 3:5], angle)
    return moved


def turned_spread(spread: NDArray[np.float32], angle: Array) -> NDArray[np.float32]:
    """Standard deviations (N, H, A) of actions turned by angles (N,), axes taken as independent."""
    square = np.square(spread, dtype=np.float64)
    shape = (len(angle), *(1,) * (spread.ndim - 2))
    cosine2 = np.square(np.cos(angle)).reshape(shape)
    moved = spread.copy()
    for x, y in ((0, 1), (3, 4)):
        moved[..., x] = np.sqrt(cosine2 * square[..., x] + (1 - cosine2) * square[..., y])
        moved[..., y] = np.sqrt(cosine2 * square[..., y] + (1 - cosine2) * square[..., x])
    return moved
