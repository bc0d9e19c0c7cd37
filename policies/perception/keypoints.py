"""This module turns class masks into cell counts and class probabilities into keypoints.

The scene bank calls the first for labels, the perception network the second for its output.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...sim_envs.errors import BadValue

KEYPOINT_NAMES = ("x", "y", "mass", "spread", "along", "askew")
KEYPOINT_SIZE = len(KEYPOINT_NAMES)
FLOOR = 0.1
"""Probability below which a cell counts as empty: 576 cells of 1 % each are not an item."""
VISIBLE_CELLS = 0.5
"""Mass, in cells, at which the position reaches tanh(1) = 76 % of its value."""


def cell_counts(classes: NDArray[np.integer], num_classes: int, grid: int) -> NDArray[np.uint8]:
    """Pixels of each class in each cell, (..., K, g, g).

    classes: (..., H, W) class ids. The result is uint8 (..., num_classes, grid, grid); divided by
    (H / grid) * (W / grid) it is the share of the cell's area, the soft label of perception.
    """
    *lead, height, width = classes.shape
    if height % grid or width % grid:
        raise BadValue("classes", f"sides that are multiples of {grid}", (height, width))
    if classes.size and not 0 <= int(classes.min()) <= int(classes.max()) < num_classes:
        raise BadValue("classes", f"ids from 0 to {num_classes - 1}", int(classes.max()))
    cells = classes.reshape(*lead, grid, height // grid, grid, width // grid)
    ids = np.arange(num_classes).reshape(num_classes, 1, 1, 1, 1)
    same = cells[..., None, :, :, :, :] == ids
    return np.asarray(same.sum(axis=(-3, -1), dtype=np.uint8))


def keypoints(probabilities: Tensor) -> Tensor:
    """Position, mass, spread and elongation of every class.

    probabilities: (B, K, g, g), summing to 1 over K. The result is (B, K, 6):
    x, y of the probability-weighted centroid in [-1, 1] (x right, y down), scaled by
    tanh(mass / 0.5 cells) so that they go to 0, not to noise, when nothing is visible;
    mass as log(1 + cells); spread, the root mean square distance from the centroid, in the
    units of x and y; elongation e * (cos 2a, sin 2a), where a is the angle of the long axis from
    x towards y and e in [0, 1] the difference of the principal variances over their sum, 0 for
    round shapes: continuous where an angle would jump. Probabilities under `FLOOR` count as 0.
    """
    grid = probabilities.shape[-1]
    weight = (probabilities - FLOOR).clamp_min(0) / (1 - FLOOR)
    centres = (torch.arange(grid, device=weight.device, dtype=weight.dtype) + 0.5) * 2 / grid - 1
    mass = weight.sum((-2, -1))  # (B, K) cells
    inverse = 1 / mass.clamp_min(1e-6)
    along_x, along_y = weight.sum(-2), weight.sum(-1)  # (B, K, g)
    x, y = (along_x @ centres) * inverse, (along_y @ centres) * inverse
    var_x = (along_x @ centres.square()) * inverse - x.square()
    var_y = (along_y @ centres.square()) * inverse - y.square()
    covariance = (weight @ centres) @ centres * inverse - x * y
    square = (var_x + var_y).clamp_min(0)
    round_off = square.clamp_min(1e-4)  # a single cell has no direction
    seen = torch.tanh(mass / VISIBLE_CELLS)
    values = (x, y, square.sqrt(), (var_x - var_y) / round_off, 2 * covariance / round_off)
    x, y, spread, along, askew = (value * seen for value in values)
    return torch.stack((x, y, mass.log1p(), spread, along, askew), dim=-1)
