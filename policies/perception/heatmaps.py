"""This module turns heatmaps over the cells of a picture into points, and points into targets.

The heads that find grasp points call it in driving (`read_peak`) and training (`target_heatmap`).
"""

import torch
from torch import Tensor

POINT_NAMES = ("x", "y", "sure")
"""Names of a point's numbers: place in the picture times the confidence, and the confidence."""
NEAR = 2
"""Cells on each side of the peak that count as the same place."""
WIDTH = 0.8
"""Standard deviation of the target's peak, cells."""


def centres(grid: int, like: Tensor) -> Tensor:
    """Picture coordinates (g,) of the cells' centres, in [-1, 1]."""
    return (torch.arange(grid, dtype=like.dtype, device=like.device) + 0.5) * 2 / grid - 1


def near_peak(logs: Tensor) -> Tensor:
    """Log-probabilities (B, g * g + 1) to the probabilities (B, g, g) around the highest one.

    Zero elsewhere: the mean of two separate peaks would be at neither.
    """
    grid = round((logs.shape[-1] - 1) ** 0.5)
    share = logs[:, :-1].exp().reshape(-1, grid, grid)
    peak = share.detach().flatten(1).argmax(1)
    cells = torch.arange(grid, device=logs.device)
    rows = (cells - (peak // grid)[:, None]).abs() <= NEAR  # (B, g)
    columns = (cells - (peak % grid)[:, None]).abs() <= NEAR
    near: Tensor = share * rows[:, :, None] * columns[:, None, :]
    return near


def read_peak(logs: Tensor, moved: Tensor | None = None) -> Tensor:
    """Log-probabilities (B, g * g + 1) to x, y in [-1, 1] times `sure`, and `sure`: (B, 3).

    For pictures that were shifted by `moved` (B, 2) the place before the shift.
    """
    near = near_peak(logs)
    middle = centres(near.shape[-1], near)
    place = torch.stack((near.sum(1) @ middle, near.sum(2) @ middle), dim=1)
    sure = near.sum((1, 2))[:, None]
    return torch.cat((place if moved is None else place - sure * moved, sure), dim=1)


def target_heatmap(marks: Tensor, size: int) -> Tensor:
    """Target probabilities (B, size): a peak at each mark (B, 2), or 1 for "not in the picture"."""
    grid = round((size - 1) ** 0.5)
    inside = (marks.abs() < 1).all(-1)
    away = (centres(grid, marks) - marks.clamp(-1, 1)[..., None]) * grid / 2 / WIDTH  # (B, 2, g)
    peak = torch.exp(-away.square() / 2)
    cells = (peak[:, 1, :, None] * peak[:, 0, None, :]).flatten(1)
    cells = cells / cells.sum(-1, keepdim=True) * inside[:, None]
    return torch.cat((cells, (~inside)[:, None].to(cells)), dim=1)
