"""`KeypointVision` gives the head features of the keypoints that a frozen perception network finds.

Images and proprioception go in, normalised features come out; training and `LearnedPolicy` call it.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...datasets.frames import Frames
from ...sim_envs.making import describe_task
from ..base import transforms
from ..base.transforms import Clip, Normalise
from ..next_step.chooser import GraspHeights, NextStepChooser
from ..perception.network import Perception, config_from
from ..task_features import hand_frame
from ..task_features.augmentation import Augmentation
from ..task_features.feature_sets import AUTO, feature_set
from ..task_features.features import PROPRIOCEPTION, Columns
from ..task_features.pointed_object import GRIPS, PointedObject
from .protocol import Batch, Vision

JITTER = 0.05
"""Standard deviation of the noise on normalised inputs in training."""
CARRIED_UNSEEN = "carried_unseen"
"""Key of the settings: true since neither the hand's hold nor its place says where to let go."""
LIMIT = 5.0
"""Normalised inputs are clipped to this many standard deviations."""


class KeypointVision(Vision):
    """Perception's keypoints and the body, normalised: small enough to cache and refit on."""

    name: ClassVar[str] = "keypoints"
    needs_images: ClassVar[bool] = False

    def __init__(self, perception: Perception, layout_name: str = AUTO) -> None:
        super().__init__()
        self.perception = perception.frozen()
        self.layout = feature_set(layout_name, perception.config.task)
        self.cameras = perception.config.cameras
        self.size = len(self.names)
        if self.augmentation is not None:
            self.passes = self.augmentation.passes
        self.transforms: tuple[Normalise | Clip, ...] = ()
        self.chooser: NextStepChooser | None = None
        if isinstance(self.layout, PointedObject):
            task = describe_task(perception.config.task)
            self.chooser = NextStepChooser(task, perception.keypoint_size)

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Self:
        """Rebuild from `settings()`, without weights."""
        vision = cls(Perception(config_from(settings["perception"])), settings["layout"])
        if not settings.get(CARRIED_UNSEEN, False):
            vision.as_before()
        vision.transforms = transforms.from_json(settings["transforms"])
        transforms.require_width(vision.transforms, vision.size)
        if vision.chooser is not None:
            vision.set_heights(GraspHeights(**settings["grasp_heights"]))
        return vision

    def settings(self) -> dict[str, Any]:
        """Perception's settings, the names of the features, the transforms."""
        heights = None if self.chooser is None else self.chooser.heights
        shows = isinstance(self.layout, PointedObject) and self.layout.shows_held
        return {
            CARRIED_UNSEEN: not shows,
            "perception": asdict(self.perception.config),
            "layout": self.layout.name,
            "features": list(self.names),
            "transforms": transforms.to_json(self.transforms),
            "grasp_heights": None if heights is None else heights._asdict(),
        }

    def as_before(self) -> None:
        """Be the vision of a policy that an earlier version trained, where objects are pointed at.

        It read how the hand held what it carried, and told from the hand where to let go of it.
        """
        if isinstance(self.layout, PointedObject):
            task, size = describe_task(self.perception.config.task), self.perception.keypoint_size
            self.layout = replace(self.layout, shows_held=True)
            self.chooser = NextStepChooser(task, size, release_sees_hand=True)

    def learn_next_step(
        self,
        frames: Frames,
        columns: Columns,
        seed: int,
        learnt: Callable[[int], object] = lambda updates: None,
    ) -> None:
        """Learn from demonstrations which object is next, where the layout points at one."""
        if self.chooser is not None:
            self.set_heights(self.chooser.learn(frames, columns, seed, learnt))

    def set_heights(self, heights: GraspHeights) -> None:
        """Where demonstrations took things, which places and the augmentation go by."""
        assert self.chooser is not None
        assert isinstance(self.layout, PointedObject)
        self.chooser.set_heights(heights)
        self.layout = replace(self.layout, lowest_m=heights.lowest_m)

    @property
    def keys(self) -> tuple[str, ...]:
        """The cameras, the robot's own state and the goal."""
        return (*(f"{camera}_image" for camera in self.cameras), *PROPRIOCEPTION, "goal")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the layout's features, (size,)."""
        return self.layout.names(self.cameras)

    @property
    def augmentation(self) -> Augmentation | None:
        """The layout's augmentation; None where it has none."""
        return self.layout.augmentation

    @property
    def pretrained(self) -> dict[str, str]:
        """Which perception, and its fingerprint."""
        perception = self.perception
        return {"perception": perception.origin, "fingerprint": perception.fingerprint}

    @property
    def keypoints_shape(self) -> tuple[int, int, int]:
        """What `see` gives for each frame: cameras, classes, 6 or 10 numbers."""
        perception = self.perception
        return len(self.cameras), len(perception.config.class_names), perception.keypoint_size

    def see(self, columns: Columns) -> NDArray[np.float32]:
        """Keypoints of every class in every camera: (N, cameras, K, 6). The costly part."""
        images = np.stack([columns[f"{camera}_image"] for camera in self.cameras], axis=1)
        flat = images.reshape(-1, *images.shape[2:]).astype(np.uint8, copy=False)
        found = self.perception.keypoints(flat)
        return found.reshape(*images.shape[:2], *found.shape[1:])

    def prepare(self, columns: Columns) -> Columns:
        """The features (N, F); cached keypoints may be given as column "keypoints"."""
        seen = columns.get("keypoints")
        keypoints = self.see(columns) if seen is None else seen.astype(np.float32, copy=False)
        if self.chooser is not None:
            scene = self.chooser.tokens(keypoints, columns)
            columns = {**columns, GRIPS: scene.grips_m, **self.chooser.choose(scene, columns)}
        inputs: Columns = {"features": self.layout(keypoints, columns)}
        if self.augmentation is not None:
            inputs[hand_frame.KEY] = self.augmentation.frame(columns)
        return inputs

    def fit(self, inputs: Columns) -> None:
        """Normalise by the training windows."""
        normalise = Normalise.fit(inputs["features"].astype(np.float64))
        self.transforms = (normalise, Clip(LIMIT))

    def forward(self, batch: Batch, noise: torch.Generator | None = None) -> Tensor:
        """Features (B, F) to normalised ones, with jitter in training."""
        x = transforms.apply(self.transforms, batch["features"])
        if noise is None:
            return x
        return x + JITTER * torch.randn(x.shape, generator=noise).to(x.device)

    def train(self, mode: bool = True) -> "KeypointVision":
        """Set the mode of everything but perception, which stays in evaluation mode."""
        super().train(mode)
        self.perception.eval()
        return self
