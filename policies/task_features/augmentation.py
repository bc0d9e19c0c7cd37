"""What else is done with features that are given in the hand's frame, in training and driving."""

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
    """The three changes that the geometry of a feature set allows; each keeps what is right."""

    imagined: HandFrameAugmentation
    """The features' names, and the camera on the hand."""
    passes: ClassVar[int] = 500
    """Windows that are augmented anew each time are worth more passes: SortRecycling, one item and
    25 demonstrations, of 40 unseen seeds: 33 after 600 updates, 37 after 3,000."""

    def frame(self, columns: Columns) -> Array:
        """Which way the hand is turned, (N,) radians: features and actions are given from there."""
        return heading(rotation(columns["ee_quat"].astype(np.float64)))

    def augment(
        self, features: Tensor, actions: Tensor, mask: Tensor, noise: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Features (B, F), actions (B, H, A) and mask (B, H) of a training batch, seen otherwise.

        Unlike what vision does in training, this may change what is right to do.
        """
        return self.imagined(features, actions, mask, noise)

    def perturb(self) -> RetryPerturbation:
        """What shifts the features of one policy's episodes after grasps that failed."""
        return RetryPerturbation(self.imagined)
