"""`HeatmapEncoder` turns one camera's image and the goal into a heatmap of what is asked for.

`GraspPointing` and `ObjectPointing` train one for each camera.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...sim_envs.spaces import CAMERAS
from ..perception.network import Trunk


@dataclass(frozen=True)
class GraspPointingConfig:
    """Size of the encoders, and augmentation in training."""

    num_goals: int
    """Number of items that an instruction can name."""
    cameras: tuple[str, ...] = CAMERAS
    """Cameras; each has its own encoder."""
    image_size: int = 96
    """Height and width of the images, pixels."""
    channels: int = 48
    """Width of the encoders."""
    dilations: tuple[int, ...] = (1, 2)
    """Dilations of their residual blocks."""
    shift: int = 4
    """Random shift in training, pixels; the target peak shifts as well."""
    jitter: float = 0.05
    """Standard deviation of the noise on the normalised numbers in training."""
    colour: float = 0.0
    """Random change of brightness, contrast and each colour in training, up to this share."""
    task: str = ""
    """The task, by whose calibration places are computed; empty where none are."""
    release_sees_hand: bool = False
    """Whether the place of release is told by the hand too, as in policies of earlier versions."""
    frozen: bool = False
    """Whether the encoders are trained no more, so that each image is encoded only once."""


class HeatmapEncoder(nn.Module):
    """One camera's encoder: a heatmap of the named item, and the probability that it is unseen."""

    def __init__(self, config: GraspPointingConfig) -> None:
        super().__init__()
        self.trunk = Trunk(config.channels, config.dilations)
        self.maps = nn.Conv2d(config.channels, config.num_goals, 1)
        self.nowhere = nn.Parameter(torch.zeros(config.num_goals))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]  # every layer has one
        nn.init.normal_(self.maps.weight, std=0.01)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, pixels: Tensor, goal: Tensor) -> Tensor:
        """(B, 3, s, s) in [-1, 1] and the goal (B, G) to log-probabilities (B, g * g + 1).

        The first g * g are of the item being in each cell, the last of it not being in the image.
        """
        return self.look(pixels, goal)[0]

    def look(self, pixels: Tensor, goal: Tensor) -> tuple[Tensor, Tensor]:
        """What `forward` gives, and the trunk's features (B, C, g, g) that it is computed from."""
        features = self.trunk(pixels)
        scores = self.maps(features).float().flatten(2)
        nowhere = self.nowhere.expand(len(pixels), -1).unsqueeze(-1)
        named: Tensor = (torch.cat((scores, nowhere), dim=-1) * goal.unsqueeze(-1)).sum(1)
        return named.log_softmax(-1), features
