"""`EndToEnd` is vision with one encoder per camera, trained on the episodes alone with the head.

Images and proprioception go in; spatial-softmax points, the body and the goal come out.
"""

from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...sim_envs.errors import UnknownName
from ...sim_envs.spaces import CAMERAS
from ..base import transforms
from ..base.torch_setup import choose_precision
from ..base.transforms import Clip, Normalise
from ..task_features.features import BODY_NAMES, PROPRIOCEPTION, Columns, body
from .augmentation import random_colour, random_shift
from .encoders import Encoder, ResNetEncoder
from .protocol import Batch, Vision


@dataclass(frozen=True)
class EndToEndConfig:
    """Size of the encoders, and image augmentation in training."""

    num_goals: int
    """Number of items that an instruction can name."""
    cameras: tuple[str, ...] = CAMERAS
    """Cameras; each has its own encoder."""
    image_size: int = 96
    """Height and width of the images, pixels."""
    channels: int = 48
    """Width of the small encoder's convolutions."""
    points: int = 32
    """Spatial-softmax keypoints per camera."""
    shift: int = 4
    """Random shift in training, pixels."""
    jitter: float = 0.05
    """Standard deviation of the noise on the normalised body in training."""
    colour: float = 0.0
    """Random change of brightness, contrast and each colour in training, up to this share."""
    film: bool = True
    """Whether the goal scales and shifts the encoders' features."""
    encoder: str = "small"
    """Kind of encoder, "small" or "resnet18"."""
    readings: tuple[tuple[str, int], ...] = ()
    """Name and size of the observations that are the body; none: those of the built-in arm."""


class EndToEnd(Vision):
    """One encoder per camera, conditioned on the goal, and the normalised body."""

    name: ClassVar[str] = "end-to-end"
    needs_images: ClassVar[bool] = True

    def __init__(self, config: EndToEndConfig) -> None:
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleDict({camera: _encoder(config) for camera in config.cameras})
        self.transforms: tuple[Normalise | Clip, ...] = ()
        self.seen = 2 * config.points * len(config.cameras)
        self.size = self.seen + len(self.body_names) + config.num_goals

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Self:
        """Rebuild from `settings()`, without weights."""
        values = {**settings["encoder"], "cameras": tuple(settings["encoder"]["cameras"])}
        values.pop("grasp", None)  # of an earlier version
        values["readings"] = tuple((str(n), int(s)) for n, s in values.get("readings", ()))
        vision = cls(EndToEndConfig(**values))
        vision.transforms = transforms.from_json(settings["transforms"])
        transforms.require_width(vision.transforms, len(vision.body_names))
        return vision

    def settings(self) -> dict[str, Any]:
        """The encoders' size and the transforms of the body."""
        encoder = asdict(self.config)
        if not self.config.readings:
            del encoder["readings"]
        return {"encoder": encoder, "transforms": transforms.to_json(self.transforms)}

    def load_encoders(self, path: Path) -> None:
        """Initialise from published weights of a ResNet-18; PolicyError where they do not fit."""
        for encoder in self.encoders.values():
            assert isinstance(encoder, ResNetEncoder)
            encoder.trunk.load(path)

    @property
    def keys(self) -> tuple[str, ...]:
        """The cameras, the robot's own state and the goal."""
        own = tuple(name for name, _ in self.config.readings)
        return (*self._images, *(own or PROPRIOCEPTION), "goal")

    @property
    def names(self) -> tuple[str, ...]:
        """Each camera's points, the body, and the goal, one-hot or multi-hot."""
        axes = (f"{axis}{point}" for axis in "xy" for point in range(self.config.points))
        places = tuple(axes)
        seen = (f"{camera}_{place}" for camera in self.config.cameras for place in places)
        goals = (f"goal_{goal}" for goal in range(self.config.num_goals))
        return (*seen, *self.body_names, *goals)

    @property
    def body_names(self) -> tuple[str, ...]:
        """The numbers of the readings, or of the built-in arm's body."""
        own = (f"{name}_{i}" for name, size in self.config.readings for i in range(size))
        return tuple(own) or BODY_NAMES

    @property
    def _images(self) -> tuple[str, ...]:
        return tuple(f"{camera}_image" for camera in self.config.cameras)

    def prepare(self, columns: Columns) -> Columns:
        """Images as they are, the body and the goal."""
        images = {key: columns[key] for key in self._images}
        return {**images, "body": self._body(columns), "goal": columns["goal"].astype(np.float32)}

    def _body(self, columns: Columns) -> NDArray[np.float32]:
        if not self.config.readings:
            return body(columns)
        parts = [columns[name] for name, _ in self.config.readings]
        return np.concatenate(parts, axis=-1, dtype=np.float32)

    def fit(self, inputs: Columns) -> None:
        """Normalise the body by the training windows."""
        self.transforms = (Normalise.fit(inputs["body"].astype(np.float64)), Clip(5.0))

    def forward(self, batch: Batch, noise: torch.Generator | None = None) -> Tensor:
        """uint8 images, body and goal to (B, size); images and body are augmented in training."""
        parts = [self._encode(camera, batch, noise) for camera in self.config.cameras]
        own = transforms.apply(self.transforms, batch["body"])
        if noise is not None:
            own = own + self.config.jitter * torch.randn(own.shape, generator=noise).to(own.device)
        return torch.cat((*parts, own, batch["goal"]), dim=1)

    def _encode(self, camera: str, batch: Batch, noise: torch.Generator | None) -> Tensor:
        images = batch[f"{camera}_image"]
        if noise is not None and self.config.shift:
            images = random_shift(images, self.config.shift, noise)
        pixels = images.permute(0, 3, 1, 2).float().div(127.5).sub(1.0)
        if noise is not None and self.config.colour:
            pixels = random_colour(pixels, self.config.colour, noise)
        asked = choose_precision().autocast() if noise is None else nullcontext()  # the trainer's
        with asked:
            points: Tensor = self.encoders[camera](pixels, batch["goal"])
        return points


def _encoder(config: EndToEndConfig) -> nn.Module:
    if config.encoder == "resnet18":
        return ResNetEncoder(config.num_goals, config.points, config.film)
    if config.encoder != "small":
        raise UnknownName("encoder", config.encoder, ("resnet18", "small"))
    return Encoder(config.num_goals, config.channels, config.points, config.film)
