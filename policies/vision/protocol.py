"""`Vision` is the base class of what turns observations into the vector that a head reads."""

from abc import abstractmethod
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...datasets.frames import Frames
from ...sim_envs.errors import PolicyError
from ..base.schedule import PASSES
from ..task_features.augmentation import Augmentation
from ..task_features.features import BODY_NAMES, Columns

Batch = dict[str, Tensor]


class GraspSupervision(Protocol):
    """Encoders that are trained on where the demonstrations' gripper closes, and then frozen."""

    def marks(self, frames: Frames, task: str) -> NDArray[np.float32]:
        """What demonstrations show of every frame, (N, marks, 2), NaN where they do not."""
        ...

    def taught(
        self, batch: Batch, marks: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """What vision's `forward` gives, (B, size), and a scalar to add to the head's loss.

        marks (B, marks, 2): those of the frames.
        """
        ...

    def freeze(self) -> "Vision":
        """A copy whose encoders are trained no more, so that each image is encoded only once."""
        ...


class Vision(nn.Module):
    """Two stages: `prepare` once per frame, without gradient, and `forward` in every step."""

    name: ClassVar[str]
    size: int
    """Length of the vector that `forward` gives."""
    passes: int = PASSES
    """Epochs of a training."""
    needs_images: ClassVar[bool]
    """Whether training reads images; if not, cached keypoints suffice."""

    @classmethod
    @abstractmethod
    def from_settings(cls, settings: dict[str, Any]) -> Self:
        """Rebuild from `settings()`, without weights."""

    @classmethod
    def untrained(cls, policy: Any) -> "Vision":
        """What a training begins from, for plug-ins; `policy` is the PolicyConfig of the episodes:
        its cameras, image_size, goal_names and readings."""
        raise PolicyError(f"vision {cls.name!r} cannot be begun: it has no `untrained`")

    @property
    @abstractmethod
    def keys(self) -> tuple[str, ...]:
        """The observation keys that `prepare` reads."""

    @abstractmethod
    def prepare(self, columns: Columns) -> Columns:
        """Observation columns (N, ...) to what `forward` reads; images stay uint8."""

    @abstractmethod
    def fit(self, inputs: Columns) -> None:
        """Set the normalisation from the prepared inputs of the training windows."""

    @abstractmethod
    def forward(self, batch: Batch, noise: torch.Generator | None = None) -> Tensor:
        """Prepared inputs (B, ...) to (B, size); `noise` is given in training, to augment by."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The name of each number that `forward` gives, (size,)."""

    @property
    def body_names(self) -> tuple[str, ...]:
        """Those of `names` that are the robot's own state."""
        return BODY_NAMES

    @property
    def augmentation(self) -> Augmentation | None:
        """Augmentation of the prepared "features" (N, F); None where there is none."""
        return None

    @property
    def pretrained(self) -> dict[str, str]:
        """What it was built on that this training does not change, for the policy's config."""
        return {}

    @property
    def grasp_supervision(self) -> GraspSupervision | None:
        """Training of the encoders on grasps, before the head; None where there is none."""
        return None

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The settings without weights, as JSON, for `from_settings`."""
