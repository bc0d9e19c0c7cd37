"""`GraspPointing` is vision end to end that locates the next object to grasp in each image.

One heatmap for each item that an instruction can name, trained to peak where the demonstration's
own gripper closes next (`grasp_labels`): no label of the simulator or of a person is needed. The
head reads the peaks. Heatmaps for keypoints: Tompson 2014; that such a bottleneck lets a policy
generalise to new places: Levine 2016, IV-B.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..base import transforms
from ..base.torch_setup import as_tensor, choose_precision
from ..base.transforms import Clip, Normalise
from ..perception.heatmaps import POINT_NAMES, read_peak, target_heatmap
from ..perception.network import BATCH, Trunk, as_input
from ..task_features.features import BODY_NAMES, PROPRIOCEPTION, Columns, body
from .augmentation import random_colour, shifted, shifts
from .protocol import Batch, GraspSupervision, Vision

LIMIT = 5.0
"""Normalised inputs are clipped to this many standard deviations."""


@dataclass(frozen=True)
class GraspPointingConfig:
    """Size of the encoders, and augmentation in training."""

    num_goals: int
    """Number of items that an instruction can name."""
    cameras: tuple[str, ...] = ("front", "wrist")
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
        scores = self.maps(self.trunk(pixels)).float().flatten(2)
        nowhere = self.nowhere.expand(len(pixels), -1).unsqueeze(-1)
        named: Tensor = (torch.cat((scores, nowhere), dim=-1) * goal.unsqueeze(-1)).sum(1)
        return named.log_softmax(-1)


class GraspPointing(Vision):
    """The named item's position in each camera's image, and the normalised body."""

    name: ClassVar[str] = "pointing"
    needs_images: ClassVar[bool] = True

    def __init__(self, config: GraspPointingConfig) -> None:
        super().__init__()
        self.config = config
        self.pointers = nn.ModuleDict({camera: HeatmapEncoder(config) for camera in config.cameras})
        self.seen = len(POINT_NAMES) * len(config.cameras)
        self.size = self.seen + len(BODY_NAMES)
        self.transforms: tuple[Normalise | Clip, ...] = ()
        if config.frozen:
            self.requires_grad_(False)

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Self:
        """Rebuild from `settings()`, without weights."""
        values = dict(settings["encoder"])
        values |= {key: tuple(values[key]) for key in ("cameras", "dilations")}
        vision = cls(GraspPointingConfig(**values))
        vision.transforms = transforms.from_json(settings["transforms"])
        transforms.require_width(vision.transforms, vision.size)
        return vision

    def settings(self) -> dict[str, Any]:
        """The encoders' size, the names of the numbers and the transforms."""
        return {
            "encoder": asdict(self.config),
            "features": list(self.names),
            "transforms": transforms.to_json(self.transforms),
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The heatmap's peak in each camera's image, and the body."""
        seen = (f"{camera}_{name}" for camera in self.config.cameras for name in POINT_NAMES)
        return (*seen, *BODY_NAMES)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Cameras in whose images the grasps are marked."""
        return self.config.cameras

    @property
    def grasp_supervision(self) -> GraspSupervision | None:
        """This vision itself; None once it is frozen."""
        return None if self.config.frozen else self

    def freeze(self) -> "GraspPointing":
        """A frozen copy, with weights rounded to float16 as they will be stored."""
        frozen = GraspPointing(replace(self.config, frozen=True))
        frozen.load_state_dict({name: t.half() for name, t in self.state_dict().items()})
        return frozen

    @property
    def keys(self) -> tuple[str, ...]:
        """The cameras, the robot's own state and the goal."""
        return (*self._images, *PROPRIOCEPTION, "goal")

    @property
    def _images(self) -> tuple[str, ...]:
        return tuple(f"{camera}_image" for camera in self.config.cameras)

    def prepare(self, columns: Columns) -> Columns:
        """Once frozen, "features" (N, size); until then images, body and goal."""
        if self.config.frozen:
            points = np.concatenate(list(self._peaks(columns)))
            return {"features": np.concatenate((points, body(columns)), axis=-1)}
        images = {key: columns[key] for key in self._images}
        return {**images, "body": body(columns), "goal": columns["goal"].astype(np.float32)}

    def _peaks(self, columns: Columns) -> Iterator[NDArray[np.float32]]:
        """The peaks of all cameras' heatmaps, (up to `BATCH`, seen) at a time."""
        for start in range(0, len(columns["goal"]), BATCH):
            rows = slice(start, start + BATCH)
            device = next(self.parameters()).device
            goal = as_tensor(columns["goal"][rows].astype(np.float32)).to(device)
            parts = []
            for camera, key in zip(self.config.cameras, self._images, strict=True):
                pixels = as_input(np.asarray(columns[key][rows], np.uint8)).to(device)
                precision = choose_precision(device=device.type)
                with torch.inference_mode(), precision.autocast():
                    parts.append(read_peak(self.pointers[camera](pixels, goal)))
            yield torch.cat(parts, dim=1).cpu().numpy()

    def fit(self, inputs: Columns) -> None:
        """Normalise by the training windows; peaks that are still trained stay as they are."""
        if self.config.frozen:
            normalise = Normalise.fit(inputs["features"].astype(np.float64))
        else:
            known = Normalise.fit(inputs["body"].astype(np.float64))
            mean, std = (0.0,) * self.seen + known.mean, (1.0,) * self.seen + known.std
            normalise = Normalise(mean, std)
        self.transforms = (normalise, Clip(LIMIT))

    def forward(self, batch: Batch, noise: torch.Generator | None = None) -> Tensor:
        """Prepared inputs to (B, size); images and numbers are augmented in training."""
        if self.config.frozen:
            return self._normalised(batch["features"], noise)
        return self._read(batch, list(self._heatmaps(batch, noise)), noise)

    def taught(
        self, batch: Batch, marks: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """What `forward` gives, (B, size), and the cross entropy of the heatmaps, a scalar."""
        heatmaps = list(self._heatmaps(batch, noise))
        losses = [
            self._cross_entropy(logs, marks[:, number], moved)
            for number, (logs, moved) in enumerate(heatmaps)
        ]
        return self._read(batch, heatmaps, noise), torch.stack(losses).sum()

    def _heatmaps(
        self, batch: Batch, noise: torch.Generator | None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Each camera's log-probabilities (B, g * g + 1), and its image's shift (B, 2)."""
        for camera in self.config.cameras:
            images = batch[f"{camera}_image"]
            moved = torch.zeros(len(images), 2, device=images.device)
            if noise is not None and self.config.shift:
                by = shifts(len(images), self.config.shift, noise)
                images = shifted(images, by)
                moved = -by.T.flip(1).to(moved) * 2 / images.shape[1]
            pixels = images.permute(0, 3, 1, 2).float().div(127.5).sub(1.0)
            if noise is not None and self.config.colour:
                pixels = random_colour(pixels, self.config.colour, noise)
            yield self.pointers[camera](pixels, batch["goal"]), moved

    def _cross_entropy(self, logs: Tensor, marks: Tensor, moved: Tensor) -> Tensor:
        """Mean cross entropy, a scalar, of one camera's heatmaps over the windows with a mark."""
        every = len(logs) // len(marks)  # only the last frame of a window has a mark
        logs, moved = logs[every - 1 :: every], moved[every - 1 :: every]
        known = ~marks.isnan().any(-1)
        entropy = -(target_heatmap(marks.nan_to_num(nan=2.0) + moved, logs.shape[-1]) * logs).sum(
            -1
        )
        return (entropy * known).sum() / known.sum().clamp_min(1)

    def _read(
        self, batch: Batch, heatmaps: list[tuple[Tensor, Tensor]], noise: torch.Generator | None
    ) -> Tensor:
        seen = [read_peak(logs, moved) for logs, moved in heatmaps]
        return self._normalised(torch.cat((*seen, batch["body"]), dim=1), noise)

    def _normalised(self, numbers: Tensor, noise: torch.Generator | None) -> Tensor:
        x = transforms.apply(self.transforms, numbers)
        if noise is None:
            return x
        return x + self.config.jitter * torch.randn(x.shape, generator=noise).to(x.device)
