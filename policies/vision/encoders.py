"""Encoders map one camera's image and the goal to keypoints; `EndToEnd` trains them."""

import torch
from torch import Tensor, nn

from .resnet import ResNet18


class Encoder(nn.Module):
    """Four convolutions, FiLM by the goal (Perez 2018), spatial softmax (Levine 2016, IV-B).

    Kaiming initialisation everywhere: with torch's default the goal was ignored even on the
    training data (FACTS, Learning on two cores).
    """

    def __init__(self, num_goals: int, channels: int, points: int, film: bool = True) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.film = nn.Linear(num_goals, 2 * channels) if film else None
        self.mix = nn.Conv2d(channels, channels, 3, padding=1)
        self.points = nn.Conv2d(channels, points, 1)
        _prepare(self)

    def forward(self, pixels: Tensor, goal: Tensor) -> Tensor:
        """(B, 3, s, s) in [-1, 1] and the goal (B, G) to keypoints (B, 2 * points)."""
        x = torch.relu(_conditioned(self.film, self.stem(pixels), goal))
        return spatial_softmax(self.points(torch.relu(self.mix(x))).float())


class ResNetEncoder(nn.Module):
    """ResNet-18, FiLM by the goal on its last map, spatial softmax."""

    def __init__(self, num_goals: int, points: int, film: bool = True) -> None:
        super().__init__()
        self.trunk = ResNet18()
        self.film = nn.Linear(num_goals, 2 * self.trunk.channels) if film else None
        self.points = nn.Conv2d(self.trunk.channels, points, 1)
        _prepare(self)

    def forward(self, pixels: Tensor, goal: Tensor) -> Tensor:
        """(B, 3, s, s) in [-1, 1] and the goal (B, G) to keypoints (B, 2 * points)."""
        x = torch.relu(_conditioned(self.film, self.trunk(pixels), goal))
        return spatial_softmax(self.points(x).float())


def _conditioned(film: nn.Linear | None, x: Tensor, goal: Tensor) -> Tensor:
    if film is None:
        return x
    scale, offset = film(goal)[:, :, None, None].chunk(2, dim=1)
    return torch.as_tensor(x * (1 + scale) + offset)


def _prepare(encoder: nn.Module) -> None:
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def spatial_softmax(scores: Tensor) -> Tensor:
    """Expected position of each channel: (B, P, g, g) to (B, 2 * P), x then y in [-1, 1]."""
    grid = scores.shape[-1]
    share = scores.flatten(2).softmax(-1).reshape(scores.shape)
    places = torch.arange(grid, dtype=share.dtype, device=share.device)
    centres = (places + 0.5) * 2 / grid - 1
    return torch.cat((share.sum(-2) @ centres, share.sum(-1) @ centres), dim=1)
