"""`Head` is the base class of policy heads: a loss for training, a prediction for driving.

The training loop calls `loss`, `LearnedPolicy` calls `predict`. Axes: B batch, H chunk, A action.
"""

from abc import abstractmethod
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ...sim_envs.spaces import ACTION_SIZE


class Prediction(NamedTuple):
    """Action chunks of a batch."""

    actions: Tensor
    """(B, H, A) in [-1, 1]."""
    spread: Tensor
    """(B, H, A) standard deviation over ensemble members or samples; zero where there is one."""


class Head(nn.Module):
    """A network from vision's output, (B, size), to action chunks, (B, H, A)."""

    name: ClassVar[str]
    actions: int = ACTION_SIZE
    """A, the numbers of an action; the last argument of a constructor."""
    opinions: int = 1
    """Number of ensemble members; batches are a multiple of it, for each has its own part."""

    @abstractmethod
    def loss(self, x: Tensor, actions: Tensor, mask: Tensor, noise: torch.Generator) -> Tensor:
        """The scalar to minimise: x (B, size), actions (B, H, A), mask bool (B, H)."""

    @abstractmethod
    def predict(self, x: Tensor) -> Prediction:
        """Actions and spread for x (B, size)."""

    def sized(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Settings with the numbers of an action, where they are not the built-in arm's."""
        return settings if self.actions == ACTION_SIZE else {**settings, "actions": self.actions}

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments after `size`, as JSON."""


def masked_mean(error: Tensor, mask: Tensor) -> Tensor:
    """Mean of error (..., H, A) over the steps where mask (..., H) is true."""
    weight = mask.unsqueeze(-1).to(error.dtype)
    return (error * weight).sum() / (weight.sum() * error.shape[-1]).clamp_min(1)


def held_actions(actions: Tensor, mask: Tensor) -> Tensor:
    """Actions (B, H, A) in which the last step where mask (B, H) is true is repeated to the end.

    For heads that also read the actions: those beyond a cut must not reach them.
    """
    last = mask.sum(-1, keepdim=True).clamp_min(1) - 1  # a window's valid steps come first
    steps = torch.arange(mask.shape[-1], device=mask.device).expand_as(mask).minimum(last)
    return actions.gather(1, steps.unsqueeze(-1).expand_as(actions))


def mlp(*sizes: int) -> nn.Sequential:
    """An MLP from (..., sizes[0]) to (..., sizes[-1]) with GELU between its layers."""
    modules: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        modules += [nn.Linear(inputs, outputs), nn.GELU()]
    return nn.Sequential(*modules[:-1])


def fixed_noise(*shape: int) -> Tensor:
    """Standard normal draws of a shape, the same in every process: plans are reproducible."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))
