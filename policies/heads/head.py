"""What every policy head can do: a loss to train by and a prediction to drive by."""

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn


class Prediction(NamedTuple):
    """Chunks of actions for a batch."""

    actions: Tensor
    """(B, H, A)."""
    spread: Tensor
    """(B, H, A) standard deviation over opinions or samples; zero where there is only one."""


class Head(nn.Module):
    """From what vision gives, (B, size), to chunks of H actions, (B, H, A)."""

    name: ClassVar[str]
    opinions: int = 1
    """Batches are a multiple of this, so that each opinion can learn from its own part."""

    @abstractmethod
    def loss(self, x: Tensor, actions: Tensor, mask: Tensor, noise: torch.Generator) -> Tensor:
        """The scalar to minimise: x (B, size), actions (B, H, A), mask bool (B, H)."""

    @abstractmethod
    def predict(self, x: Tensor) -> Prediction:
        """Actions and spread for x (B, size)."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments after `size`, as JSON."""


def masked_mean(error: Tensor, mask: Tensor) -> Tensor:
    """Mean of error (..., H, A) over the steps where mask (..., H) is true."""
    weight = mask.unsqueeze(-1).to(error.dtype)
    return (error * weight).sum() / (weight.sum() * error.shape[-1]).clamp_min(1)
