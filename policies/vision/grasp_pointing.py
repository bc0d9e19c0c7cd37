"""`GraspPointing` is vision end to end that locates the next object to grasp in each image.

One heatmap for each item that an instruction can name, trained to peak where the demonstration's
own gripper closes next (`grasp_labels`): no label of the simulator or of a person is needed. The
head reads the peaks. Heatmaps for keypoints: Tompson 2014; that such a bottleneck lets a policy
generalise to new places: Levine 2016, IV-B.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...datasets.frames import Frames
from ..base import transforms
from ..base.torch_setup import as_tensor, choose_precision
from ..base.transforms import Clip, Normalise
from ..perception.heatmaps import POINT_NAMES, read_peak, target_heatmap
from ..perception.network import BATCH, as_input
from ..task_features.features import BODY_NAMES, PROPRIOCEPTION, Columns, body
from ..task_features.grasp_labels import grasp_marks
from .augmentation import random_colour, shifted, shifts
from .heatmap_encoder import GraspPointingConfig, HeatmapEncoder
from .protocol import Batch, GraspSupervision, Vision

LIMIT = 5.0
"""Normalised inputs are clipped to this many standard deviations."""


class Heatmap(NamedTuple):
    """What one camera's encoder says of B images in training."""

    logs: Tensor
    """(B, g * g + 1) log-probabilities, see `HeatmapEncoder`."""
    features: Tensor
    """(B, C, g, g) of the trunk."""
    moved: Tensor
    """(B, 2) how far the image was shifted."""


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
        values = {"release_sees_hand": True, **settings["encoder"]}
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

    def _encoder(self, camera: str) -> HeatmapEncoder:
        encoder = self.pointers[camera]
        assert isinstance(encoder, HeatmapEncoder)
        return encoder

    @property
    def names(self) -> tuple[str, ...]:
        """The heatmap's peak in each camera's image, and the body."""
        seen = (f"{camera}_{name}" for camera in self.config.cameras for name in POINT_NAMES)
        return (*seen, *BODY_NAMES)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Cameras in whose images the grasps are marked."""
        return self.config.cameras

    def marks(self, frames: Frames, task: str) -> NDArray[np.float32]:
        """Where the item is in each camera's image, (N, cameras, 2), see `grasp_marks`."""
        return grasp_marks(frames, task, self.config.cameras)

    @property
    def grasp_supervision(self) -> GraspSupervision | None:
        """This vision itself; None once it is frozen."""
        return None if self.config.frozen else self

    def freeze(self) -> Self:
        """A frozen copy, with weights rounded to float16 as they will be stored."""
        frozen = type(self)(replace(self.config, frozen=True))
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
            points = [
                torch.cat([read_peak(logs) for logs, _ in seen], 1) for seen in self.looks(columns)
            ]
            peaks = torch.cat(points).numpy()
            return {"features": np.concatenate((peaks, body(columns)), axis=-1)}
        images = {key: columns[key] for key in self._images}
        return {**images, "body": body(columns), "goal": columns["goal"].astype(np.float32)}

    def looks(self, columns: Columns) -> Iterator[list[tuple[Tensor, Tensor]]]:
        """What each camera's encoder gives, see `HeatmapEncoder.look`, up to `BATCH` at a time."""
        device = next(self.parameters()).device
        precision = choose_precision(device=device.type)
        for start in range(0, len(columns["goal"]), BATCH):
            rows = slice(start, start + BATCH)
            goal = as_tensor(columns["goal"][rows].astype(np.float32)).to(device)
            parts = []
            for camera, key in zip(self.config.cameras, self._images, strict=True):
                pixels = as_input(np.asarray(columns[key][rows], np.uint8)).to(device)
                with torch.inference_mode(), precision.autocast():
                    logs, features = self._encoder(camera).look(pixels, goal)
                parts.append((logs.float().cpu(), features.float().cpu()))
            yield parts

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
        return self.read(batch, list(self.heatmaps(batch, noise)), noise)

    def taught(
        self, batch: Batch, marks: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """What `forward` gives, (B, size), and the cross entropy of the heatmaps, a scalar."""
        heatmaps = list(self.heatmaps(batch, noise))
        return self.read(batch, heatmaps, noise), self.pointing_loss(heatmaps, marks)

    def pointing_loss(self, heatmaps: list[Heatmap], marks: Tensor) -> Tensor:
        """The cross entropy of all cameras' heatmaps, a scalar; marks (B, cameras, 2)."""
        losses = [
            self._cross_entropy(seen.logs, marks[:, number], seen.moved)
            for number, seen in enumerate(heatmaps)
        ]
        return torch.stack(losses).sum()

    def heatmaps(self, batch: Batch, noise: torch.Generator | None) -> Iterator[Heatmap]:
        """Each camera's heatmaps, of images that are shifted in training."""
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
            logs, features = self._encoder(camera).look(pixels, batch["goal"])
            yield Heatmap(logs, features, moved)

    def _cross_entropy(self, logs: Tensor, marks: Tensor, moved: Tensor) -> Tensor:
        """Mean cross entropy, a scalar, of one camera's heatmaps over the windows with a mark."""
        every = len(logs) // len(marks)  # only the last frame of a window has a mark
        logs, moved = logs[every - 1 :: every], moved[every - 1 :: every]
        known = ~marks.isnan().any(-1)
        entropy = -(target_heatmap(marks.nan_to_num(nan=2.0) + moved, logs.shape[-1]) * logs).sum(
            -1
        )
        return (entropy * known).sum() / known.sum().clamp_min(1)

    def read(self, batch: Batch, heatmaps: list[Heatmap], noise: torch.Generator | None) -> Tensor:
        """The peaks and the body, normalised, (B, size)."""
        seen = [read_peak(one.logs, one.moved) for one in heatmaps]
        return self._normalised(torch.cat((*seen, batch["body"]), dim=1), noise)

    def _normalised(self, numbers: Tensor, noise: torch.Generator | None) -> Tensor:
        x = transforms.apply(self.transforms, numbers)
        if noise is None:
            return x
        return x + self.config.jitter * torch.randn(x.shape, generator=noise).to(x.device)
