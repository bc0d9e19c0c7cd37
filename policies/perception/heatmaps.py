"""A peak on a map of cells: what it tells of a place, and what it should look like for one."""

import torch
from torch import Tensor

TOLD = ("x", "y", "sure")
"""What the head reads of each camera: place in the picture times how sure it is, and that."""
NEAR = 2
"""Cells around the peak that count as the same place."""
WIDTH = 0.8
"""Standard deviation of the wanted peak, cells."""


def centres(grid: int, like: Tensor) -> Tensor:
    """Picture coordinates (g,) of the cells' middles."""
    return (torch.arange(grid, dtype=like.dtype, device=like.device) + 0.5) * 2 / grid - 1


def near_peak(logs: Tensor) -> Tensor:
    """Log-probabilities (B, g * g + 1) to the probabilities (B, g, g) around the highest one.

    Zero elsewhere: a mean over two places would be neither.
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

    Of a picture that was moved by (B, 2) the place before that.
    """
    near = near_peak(logs)
    middle = centres(near.shape[-1], near)
    place = torch.stack((near.sum(1) @ middle, near.sum(2) @ middle), dim=1)
    sure = near.sum((1, 2))[:, None]
    return torch.cat((place if moved is None else place - sure * moved, sure), dim=1)


def target_heatmap(marks: Tensor, size: int) -> Tensor:
    """The probabilities (B, size) to learn: a peak at each mark (B, 2), or all on nowhere."""
    grid = round((size - 1) ** 0.5)
    inside = (marks.abs() < 1).all(-1)
    away = (centres(grid, marks) - marks.clamp(-1, 1)[..., None]) * grid / 2 / WIDTH  # (B, 2, g)
    peak = torch.exp(-away.square() / 2)
    cells = (peak[:, 1, :, None] * peak[:, 0, None, :]).flatten(1)
    cells = cells / cells.sum(-1, keepdim=True) * inside[:, None]
    return torch.cat((cells, (~inside)[:, None].to(cells)), dim=1)
