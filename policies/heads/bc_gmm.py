"""`BcGmm` is behaviour cloning with a mixture of Gaussians, one mode for the whole action chunk.

robomimic's strongest imitation head (Mandlekar 2021, section 4 and appendix B: five modes,
scales by softplus above a floor, almost no noise in evaluation). There every step has its own
mixture; here a mode is a whole chunk, so that a plan never switches between modes.
"""

import math
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ...sim_envs.spaces import ACTION_SIZE
from .head import Head, Prediction, mlp

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)
FIRST_STD = 0.5
"""The standard deviations before training: half of the action space."""


class BcGmm(Head):
    """MLP 3 x 384 with GELU to M chunks of means and standard deviations, and their weights."""

    name: ClassVar[str] = "bc-gmm"

    def __init__(
        self,
        size: int,
        chunk: int = 16,
        modes: int = 5,
        width: int = 384,
        layers: int = 3,
        least_std: float = 0.05,
        actions: int = ACTION_SIZE,
    ) -> None:
        super().__init__()
        self.actions = actions
        self.chunk, self.modes, self.width, self.layers = chunk, modes, width, layers
        self.least_std = least_std
        numbers = modes * (1 + 2 * chunk * actions)
        self.network = mlp(size, *(width,) * layers, numbers)

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments after `size`, as JSON."""
        keys = ("chunk", "modes", "width", "layers", "least_std")
        return self.sized({key: getattr(self, key) for key in keys})

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, size) to log weights (B, M), means and standard deviations (B, M, H, A)."""
        flat: Tensor = self.network(x).float()
        logits, numbers = flat[:, : self.modes], flat[:, self.modes :]
        means, scales = numbers.reshape(-1, 2, self.modes, self.chunk, self.actions).unbind(1)
        shift = math.log(math.expm1(FIRST_STD))
        return logits.log_softmax(-1), means, functional.softplus(scales + shift) + self.least_std

    def loss(self, x: Tensor, actions: Tensor, mask: Tensor, noise: torch.Generator) -> Tensor:
        """Negative log likelihood per number of the chunks, where the mask (B, H) is true."""
        weights, means, stds = self(x)
        valid = mask[:, None, :, None]
        actions = actions.where(mask.unsqueeze(-1), 0.0)
        distance = (actions[:, None] - means) / stds
        each = -0.5 * distance.square() - stds.log() - HALF_LOG_TWO_PI  # (B, M, H, A)
        modes = weights + each.where(valid, 0.0).sum((-2, -1))
        loss: Tensor = -modes.logsumexp(-1).sum() / (mask.sum() * self.actions).clamp_min(1)
        return loss

    def predict(self, x: Tensor) -> Prediction:
        """The mean (B, H, A) of the likeliest mode; the spread is that of the whole mixture."""
        log_weights, means, stds = self(x)
        weights = log_weights.exp()[:, :, None, None]
        means = means.clamp(-1, 1)
        middle = (weights * means).sum(1)
        variance = (weights * (stds.square() + means.square())).sum(1) - middle.square()
        best = log_weights.argmax(-1)
        plan = means[torch.arange(len(best), device=best.device), best]
        return Prediction(plan, variance.clamp_min(0).sqrt())
