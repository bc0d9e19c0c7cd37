"""`Bc` is chunked behaviour cloning: an ensemble of small networks regresses the next H actions.

Chunks: ACT (Zhao 2023, section IV-A); L1 rather than L2: the same, table III. Ensemble:
Lakshminarayanan 2017, each member with its own initial weights and its own part of every batch,
so that five cost 1.4 times one.
"""

import math
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...sim_envs.spaces import ACTION_SIZE
from .head import Head, Prediction, masked_mean


class EnsembleLinear(nn.Module):
    """K linear layers side by side: (K, B, inputs) to (K, B, outputs) in one batched product."""

    def __init__(self, members: int, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)  # torch's own bound for nn.Linear
        self.weight = nn.Parameter(torch.empty(members, inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(members, 1, outputs).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """(K, B, inputs) to (K, B, outputs)."""
        return torch.bmm(x, self.weight) + self.bias


class Bc(Head):
    """An ensemble of K MLPs, 3 x 384 with GELU, to H actions; the plan is their mean."""

    name: ClassVar[str] = "bc"

    def __init__(
        self,
        size: int,
        chunk: int = 16,
        opinions: int = 5,
        width: int = 384,
        layers: int = 3,
        actions: int = ACTION_SIZE,
    ) -> None:
        super().__init__()
        self.actions = actions
        self.chunk, self.opinions, self.width, self.layers = chunk, opinions, width, layers
        sizes = (size, *(width,) * layers, chunk * actions)
        modules: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            modules += [EnsembleLinear(opinions, inputs, outputs), nn.GELU()]
        self.network = nn.Sequential(*modules[:-1])

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments after `size`, as JSON."""
        keys = ("chunk", "opinions", "width", "layers")
        return self.sized({key: getattr(self, key) for key in keys})

    def forward(self, x: Tensor) -> Tensor:
        """(K, B, size) to action chunks (K, B, H, A)."""
        flat: Tensor = self.network(x).float()
        return flat.reshape(*flat.shape[:-1], self.chunk, self.actions)

    def loss(self, x: Tensor, actions: Tensor, mask: Tensor, noise: torch.Generator) -> Tensor:
        """Mean absolute error where the mask (B, H) is true; each member gets its part of B."""
        x, actions, mask = (self._parts(whole) for whole in (x, actions, mask))
        return masked_mean((self(x) - actions).abs(), mask)

    def _parts(self, whole: Tensor) -> Tensor:
        return whole.reshape(self.opinions, -1, *whole.shape[1:])

    def predict(self, x: Tensor) -> Prediction:
        """Mean and standard deviation (B, H, A) over the members, clipped to the action space."""
        opinions = self(x.expand(self.opinions, *x.shape)).clamp(-1, 1)
        return Prediction(opinions.mean(0), opinions.std(0, correction=0))
