"""What every policy head can do: a loss to train by and a prediction to drive by."""

from abc import abstractmethod
from itertools import pairwise
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


def held_actions(actions: Tensor, mask: Tensor) -> Tensor:
    """actions (B, H, A) with the last step where mask (B, H) is true held to the end.

    For heads that read the actions as well: what lies beyond a cut must not reach them.
    """
    last = mask.sum(-1, keepdim=True).clamp_min(1) - 1  # a window's valid steps come first
    steps = torch.arange(mask.shape[-1], device=mask.device).expand_as(mask).minimum(last)
    return actions.gather(1, steps.unsqueeze(-1).expand_as(actions))


def mlp(*sizes: int) -> nn.Sequential:
    """Linear layers (..., sizes[0]) to (..., sizes[-1]) with GELU between them."""
    modules: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        modules += [nn.Linear(inputs, outputs), nn.GELU()]
    return nn.Sequential(*modules[:-1])


def fixed_noise(*shape: int) -> Tensor:
    """The same standard normal draws in every process, so that a plan is always the same."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))
