"""What turns observations into the vector that a head reads: the protocol."""

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...sim_envs.errors import BadValue
from ..base.schedule import PASSES
from ..task_features.features import BODY_NAMES, Columns
from ..task_features.retry_perturbation import SecondGuess

Batch = dict[str, Tensor]


class Vision(nn.Module):
    """Two stages: `prepare` once per frame, without gradient, and `forward` in every step."""

    name: ClassVar[str]
    size: int
    """Length of the vector that `forward` gives."""
    passes: int = PASSES
    """How often training goes over all windows."""

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

    def imagine(
        self, batch: Batch, actions: Tensor, mask: Tensor, noise: torch.Generator
    ) -> tuple[Batch, Tensor, Tensor]:
        """Windows of a training batch as they might have been: inputs, actions and mask.

        Unlike what `forward` does in training, this may change what is right to do.
        """
        return batch, actions, mask

    def second_guess(self) -> SecondGuess | None:
        """What shifts the features after grasps that failed, where that is known."""
        return None

    @property
    def body(self) -> list[int]:
        """Which of the numbers that `forward` gives tell of the robot itself."""
        names = self.settings().get("features", ())
        return [place for place, name in enumerate(names) if name in BODY_NAMES]

    def taught(
        self, batch: Batch, marks: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """What `forward` gives, and a scalar to minimise beside the head's loss.

        marks (B, cameras, 2): where the item is in each picture, see `grasp_marks`.
        """
        raise BadValue("marks", "vision that points", self.name)

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """All but the weights, as JSON, for the builder in the registry."""
