"""Vision end to end: two small encoders learnt from the demonstrations alone."""

from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from . import transforms
from .features import BODY_NAMES, PROPRIOCEPTION, Columns, body
from .precision import choose_precision
from .transforms import Clip, Normalise
from .vision import Batch, Vision


@dataclass(frozen=True)
class EndToEndConfig:
    """Size of the encoders."""

    num_goals: int
    """Items that an instruction can name."""
    cameras: tuple[str, ...] = ("front", "wrist")
    """One encoder each."""
    image_size: int = 96
    """Height and width of the images, pixels."""
    channels: int = 48
    """Width of the convolutions."""
    points: int = 32
    """Spatial-softmax keypoints per camera."""
    shift: int = 4
    """Random shift in training, pixels."""
    jitter: float = 0.05
    """Noise on the normalised body in training."""


class Encoder(nn.Module):
    """Four convolutions, FiLM by the goal (Perez 2018), spatial softmax (Levine 2016, IV-B).

    Kaiming initialisation everywhere: with torch's default the goal was ignored even on the
    training data (FACTS, Learning on two cores).
    """

    def __init__(self, num_goals: int, channels: int, points: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.film = nn.Linear(num_goals, 2 * channels)
        self.mix = nn.Conv2d(channels, channels, 3, padding=1)
        self.points = nn.Conv2d(channels, points, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]  # every layer has one
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, pixels: Tensor, goal: Tensor) -> Tensor:
        """(B, 3, s, s) in [-1, 1] and one-hot (B, G) to keypoints (B, 2 * points)."""
        scale, offset = self.film(goal)[:, :, None, None].chunk(2, dim=1)
        x = torch.relu(self.stem(pixels) * (1 + scale) + offset)
        return spatial_softmax(self.points(torch.relu(self.mix(x))).float())


def spatial_softmax(scores: Tensor) -> Tensor:
    """Expected position of each channel: (B, P, g, g) to (B, 2 * P), x then y in [-1, 1]."""
    grid = scores.shape[-1]
    share = scores.flatten(2).softmax(-1).reshape(scores.shape)
    centres = (torch.arange(grid, dtype=share.dtype) + 0.5) * 2 / grid - 1
    return torch.cat((share.sum(-2) @ centres, share.sum(-1) @ centres), dim=1)


def random_shift(images: Tensor, pad: int, generator: torch.Generator) -> Tensor:
    """Shift each image by up to `pad` pixels, edges repeated (DrQ-v2, Yarats 2021, 3.1).

    images: uint8 (B, H, W, 3), the same out; both axes are shifted by one gather.
    """
    batch, height, width, _ = images.shape
    by = torch.randint(-pad, pad + 1, (2, batch, 1), generator=generator)
    rows = (torch.arange(height) + by[0]).clamp_(0, height - 1)  # (B, H)
    columns = (torch.arange(width) + by[1]).clamp_(0, width - 1)  # (B, W)
    return images[torch.arange(batch)[:, None, None], rows[:, :, None], columns[:, None, :]]


class EndToEnd(Vision):
    """One encoder per camera, conditioned on the goal, beside the normalised body."""

    name: ClassVar[str] = "end-to-end"

    def __init__(self, config: EndToEndConfig) -> None:
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleDict(
            {
                camera: Encoder(config.num_goals, config.channels, config.points)
                for camera in config.cameras
            }
        )
        self.transforms: tuple[Normalise | Clip, ...] = ()
        seen = 2 * config.points * len(config.cameras)
        self.size = seen + len(BODY_NAMES) + config.num_goals

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "EndToEnd":
        """Rebuild from `settings()`, without weights."""
        values = {**settings["encoder"], "cameras": tuple(settings["encoder"]["cameras"])}
        vision = cls(EndToEndConfig(**values))
        vision.transforms = transforms.from_json(settings["transforms"])
        return vision

    def settings(self) -> dict[str, Any]:
        """The encoders' size and the transforms of the body."""
        encoder = asdict(self.config)
        return {"encoder": encoder, "transforms": transforms.to_json(self.transforms)}

    @property
    def keys(self) -> tuple[str, ...]:
        """The cameras, the robot's own state and the goal."""
        return (*self._images, *PROPRIOCEPTION, "goal")

    @property
    def _images(self) -> tuple[str, ...]:
        return tuple(f"{camera}_image" for camera in self.config.cameras)

    def prepare(self, columns: Columns) -> Columns:
        """Images as they are, and the body."""
        images = {key: columns[key] for key in self._images}
        return {**images, "body": body(columns), "goal": columns["goal"].astype(np.float32)}

    def fit(self, inputs: Columns) -> None:
        """Normalise the body by the training windows."""
        self.transforms = (Normalise.fit(inputs["body"].astype(np.float64)), Clip(5.0))

    def forward(self, batch: Batch, noise: torch.Generator | None = None) -> Tensor:
        """uint8 images, body and goal to (B, size); shifted and jittered in training."""
        parts = [self._encode(camera, batch, noise) for camera in self.config.cameras]
        own = transforms.apply(self.transforms, batch["body"])
        if noise is not None:
            own = own + self.config.jitter * torch.randn(own.shape, generator=noise)
        return torch.cat((*parts, own, batch["goal"]), dim=1)

    def _encode(self, camera: str, batch: Batch, noise: torch.Generator | None) -> Tensor:
        images = batch[f"{camera}_image"]
        if noise is not None:
            images = random_shift(images, self.config.shift, noise)
        pixels = images.permute(0, 3, 1, 2).float().div(127.5).sub(1.0)
        asked = choose_precision().autocast() if noise is None else nullcontext()  # the trainer's
        with asked:
            points: Tensor = self.encoders[camera](pixels, batch["goal"])
        return points
