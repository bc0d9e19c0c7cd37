"""Where a hand takes hold of each thing: one point of it and its height, beside the thing's cells.

The middle of a heap of cloth says little about where to grasp it, and near the hand most of the
heap is out of the picture; a point that stands out is seen between the fingers until they close.
"""

import torch
from torch import Tensor, nn

from .heatmaps import near_peak, read_peak, target_heatmap

HOLD_NAMES = ("hold_x", "hold_y", "hold_sure", "hold_z")
"""Place in the picture times how sure it is, that, and metres above the table."""
HEIGHT_M = 0.1
"""What the height map counts in."""
LIES_M = 0.15
"""A height above this is that of something in the hand: it is not learnt."""
HEIGHT_WEIGHT = 1.0
"""Of the height's mean error, in `HEIGHT_M`, beside the cross entropy of the place."""


class GraspPointHead(nn.Module):
    """From the trunk's features to a score and a height for every cell, shared by all classes."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 3, padding=1)
        self.maps = nn.Conv2d(channels, 2, 1)
        self.nowhere = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, C, g, g) and class logits (B, K, g, g) to log-probabilities and heights.

        The first are (B, K, g * g + 1): of each cell that it is the one to hold the class by, and
        at the end that none in the picture is. The second are (B, g, g), in `HEIGHT_M`.
        """
        maps = self.maps(torch.relu(self.mix(features))).float()
        scores = (logits.float().log_softmax(1) + maps[:, :1]).flatten(2)
        nowhere = self.nowhere.expand(*scores.shape[:2], 1)
        return torch.cat((scores, nowhere), dim=-1).log_softmax(-1), maps[:, 1]


def grasp_points(logs: Tensor, heights: Tensor) -> Tensor:
    """What `GraspPointHead` gives for classes (B, K) to their holds (B, K, 4), see HOLD_NAMES."""
    flat = logs.flatten(0, 1)
    near = near_peak(flat)
    of_each = heights.repeat_interleave(logs.shape[1], dim=0)
    height = (near * of_each).sum((1, 2)) / near.sum((1, 2)).clamp_min(1e-6)
    points = torch.cat((read_peak(flat), HEIGHT_M * height[:, None]), dim=1)
    return points.reshape(*logs.shape[:2], len(HOLD_NAMES))


def grasp_point_loss(logs: Tensor, heights: Tensor, marks: Tensor, shown: Tensor) -> Tensor:
    """Cross entropy of the places and error of the heights, as a scalar.

    logs (B, K, g * g + 1) and heights (B, g, g) from `GraspPointHead`; marks (B, K, 3), picture
    coordinates and metres, NaN for classes that are not asked about; shown bool (B, K), false for
    marks that something hides.
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
