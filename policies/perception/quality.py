"""This module measures a perception network on held-out labelled scenes.

Pretraining and the benchmark of perception call it with a bank; metrics by name come out.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..base.torch_setup import as_tensor
from .grasp_points import LIES_M
from .keypoints import KEYPOINT_SIZE, keypoints
from .network import BATCH, Perception
from .scene_bank import SceneBank


def every_image(bank: SceneBank) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Images (N, s, s, 3), counts (N, K, g, g) and grasp points (N, K, 3) of a bank."""
    arrays = (bank.images, bank.counts, bank.holds)
    images, counts, holds = (np.ascontiguousarray(a).reshape(-1, *a.shape[2:]) for a in arrays)
    return images, counts, holds


def visible_grasp_points(
    holds: NDArray[np.float32], counts: NDArray[np.uint8]
) -> tuple[Tensor, Tensor]:
    """Whether each class's grasp point is visible, bool (B, K), and the grasp points (B, K, 3).

    A point is occluded where none of the cells around it show its class.
    """
    marks = as_tensor(holds)
    grid = counts.shape[-1]
    near = torch.nn.functional.max_pool2d(as_tensor(counts).float(), 3, 1, 1).flatten(2)
    place = ((marks[..., :2].nan_to_num(2.0, 2.0, 2.0) + 1) * grid / 2).floor().long()
    inside = ((place >= 0) & (place < grid)).all(-1)
    cell = place.clamp(0, grid - 1)
    shown = near.gather(2, (cell[..., 1] * grid + cell[..., 0])[..., None])[..., 0] > 0
    return inside & shown, marks


def shares_of_area(counts: NDArray[np.uint8], image_size: int) -> Tensor:
    """Pixels of each class in each cell, (B, K, g, g), as shares of the cell's area."""
    pixels_per_cell = int(image_size // counts.shape[-1]) ** 2
    return as_tensor(counts).float().div(pixels_per_cell)


def measure(network: Perception, bank: SceneBank) -> dict[str, float]:
    """Metrics of the classes on held-out scenes.

    recall: share of the cells mostly covered by a goal item whose most probable class is that item;
    precision: share of the cells predicted to be an item that it does touch;
    error_px: median distance, in pixels, between the keypoint and the true centroid of goal items
    that cover at least one cell.
    """
    config, errors = network.config, [np.zeros(0)]
    found = is_item = touched = claimed = 0
    goals = slice(1, 1 + config.items)
    images, counts, _ = every_image(bank)
    for start in range(0, len(images), BATCH):
        truth = shares_of_area(counts[start : start + BATCH], config.image_size)
        guess = network.probabilities(images[start : start + BATCH])
        covered = truth[:, goals] > 0.5
        named = torch.nn.functional.one_hot(guess.argmax(1), guess.shape[1]).movedim(-1, 1)
        named = named[:, goals] > 0
        found += int((covered & named).sum())
        touched += int(((truth[:, goals] > 0) & named).sum())
        is_item, claimed = is_item + int(covered.sum()), claimed + int(named.sum())
        errors.append(_distances(guess[:, goals], truth[:, goals], config.image_size))
    return {
        "recall": found / max(is_item, 1),
        "precision": touched / max(claimed, 1),
        "error_px": float(np.median(np.concatenate(errors))),
        "held_out_images": len(images),
    }


def _distances(guess: Tensor, truth: Tensor, image_size: int) -> NDArray[Any]:
    visible = truth.sum((-2, -1)) >= 1
    offset = keypoints(guess)[..., :2][visible] - keypoints(truth)[..., :2][visible]
    return np.asarray(offset.square().sum(-1).sqrt() * image_size / 2)


def measure_grasp_points(network: Perception, bank: SceneBank) -> dict[str, float]:
    """Metrics of the grasp points on held-out scenes.

    hold_px: median distance, in pixels, between predicted and true visible grasp points;
    hold_near: share of those that are predicted within 5 % of the picture's width;
    hold_z_m: mean error of the height of those that do not hang from the gripper.
    """
    images, counts, marks = every_image(bank)
    seen, holds = visible_grasp_points(marks, counts)
    found = torch.from_numpy(network.keypoints(images))[..., KEYPOINT_SIZE:]
    place = found[..., :2] / found[..., 2:3].clamp_min(1e-3)
    off = (place - holds[..., :2]).square().sum(-1).sqrt()[seen]
    height = (found[..., 3] - holds[..., 2]).abs()[seen & (holds[..., 2] < LIES_M)]
    return {
        "hold_px": float(off.median()) * network.config.image_size / 2,
        "hold_near": float((off < 0.1).float().mean()),
        "hold_z_m": float(height.mean()),
    }
