"""This module bundles what features in the end effector's frame allow in training and driving.

Training calls `augment` on its batches, and policies call `perturb` and `frame` while they drive.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from .features import Columns
from .hand_frame import Array, heading, rotation
from .hand_frame_augmentation import HandFrameAugmentation
from .retry_perturbation import RetryPerturbation


@dataclass(frozen=True)
class Augmentation:
    """The geometric operations that a feature set allows; actions change with the features."""

    imagined: HandFrameAugmentation
    """The augmentation of training windows, with the features' names and the wrist camera."""
    passes: ClassVar[int] = 500
    """Passes over the windows; more pay as each is augmented anew: SortRecycling, one item and 25
    demonstrations, of 40 unseen seeds: 33 after 600 updates, 37 after 3,000."""

    def frame(self, columns: Columns) -> Array:
        """The end effector's heading (N,), radians, the frame of features and actions."""
        return heading(rotation(columns["ee_quat"].astype(np.float64)))

    def augment(
        self, features: Tensor, actions: Tensor, mask: Tensor, noise: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Features (B, F), actions (B, H, A) and mask (B, H) of a training batch, augmented.

        Unlike the augmentation of images, this may change the actions.
        """
        return self.imagined(features, actions, mask, noise)

    def perturb(self) -> RetryPerturbation:
        """A new object that shifts the features of one policy's episodes after failed grasps."""
        return RetryPerturbation(self.imagined)
