"""This module holds the head that finds grasp points: for each class one point and its height.

Pretraining trains it on the trunk's features, and `Perception.keypoints` appends its output. The
middle of a heap of cloth says little about where to grasp it, and near the end effector most of
the heap is out of the picture; a salient point is visible between the fingers until they close.
"""

import torch
from torch import Tensor, nn

from .heatmaps import near_peak, read_peak, target_heatmap

GRASP_NAMES = ("hold_x", "hold_y", "hold_sure", "hold_z")
"""Place in the picture times the confidence, the confidence, and metres above the table."""
HEIGHT_M = 0.1
"""Unit of the height map, metres."""
LIES_M = 0.15
"""A height above this is that of an object in the gripper: it is not learnt."""
HEIGHT_WEIGHT = 1.0
"""Weight of the height's mean error, in `HEIGHT_M`, beside the cross entropy of the place."""


class GraspPointHead(nn.Module):
    """A head that gives every cell a score and a height, shared by all classes."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 3, padding=1)
        self.maps = nn.Conv2d(channels, 2, 1)
        self.nowhere = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, C, g, g) and class logits (B, K, g, g) to log-probabilities and heights.

        The first are (B, K, g * g + 1): for each cell that it is the grasp point of the class, and
        last that no cell in the picture is. The second are (B, g, g), in `HEIGHT_M`.
        """
        maps = self.maps(torch.relu(self.mix(features))).float()
        scores = (logits.float().log_softmax(1) + maps[:, :1]).flatten(2)
        nowhere = self.nowhere.expand(*scores.shape[:2], 1)
        return torch.cat((scores, nowhere), dim=-1).log_softmax(-1), maps[:, 1]


def grasp_points(logs: Tensor, heights: Tensor) -> Tensor:
    """Grasp points (B, K, 4), see HOLD_NAMES, from the two outputs of `GraspPointHead`."""
    flat = logs.flatten(0, 1)
    near = near_peak(flat)
    of_each = heights.repeat_interleave(logs.shape[1], dim=0)
    height = (near * of_each).sum((1, 2)) / near.sum((1, 2)).clamp_min(1e-6)
    points = torch.cat((read_peak(flat), HEIGHT_M * height[:, None]), dim=1)
    return points.reshape(*logs.shape[:2], len(GRASP_NAMES))


def grasp_point_loss(logs: Tensor, heights: Tensor, marks: Tensor, shown: Tensor) -> Tensor:
    """The scalar loss: cross entropy of the places plus the error of the heights.

    logs (B, K, g * g + 1) and heights (B, g, g) from `GraspPointHead`; marks (B, K, 3), picture
    coordinates and metres, NaN for classes without a label; shown bool (B, K), false for marks
    that are occluded.
    """
    asked = ~marks.isnan().any(-1)
    outside = marks.new_full((), 2.0)
    place = torch.where((asked & shown)[..., None], marks[..., :2], outside)
    share = target_heatmap(place[asked], logs.shape[-1])
    entropy = -(share * logs[asked]).sum(-1).sum() / asked.sum().clamp_min(1)
    error = heights.flatten(1)[:, None] - marks[..., 2:] / HEIGHT_M  # (B, K, g * g)
    lies = asked & (marks[..., 2] < LIES_M)
    missed = (share[lies[asked], :-1] * error[lies].abs()).sum() / lies.sum().clamp_min(1)
    return entropy + HEIGHT_WEIGHT * missed
