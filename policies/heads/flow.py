"""`Flow` is the head of flow matching: it integrates a learned velocity from noise to a chunk.

Lipman 2023 with straight paths (section 4.1, "OT"), for actions as in pi0 (Black 2024, section
IV; 10 Euler steps there). Of a few samples from fixed noise, the plan is the mean of the half that
lies closest together: it stays within one mode and never averages two.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...sim_envs.spaces import ACTION_SIZE
from .head import Head, Prediction, fixed_noise, held_actions, masked_mean

FREQUENCIES = 8
"""Number of sines and of cosines that encode the flow's time, of 1 to 8 half turns."""


class FlowBlock(nn.Module):
    """A residual layer whose input is scaled and shifted by the condition (Perez 2018)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.film = nn.Linear(width, 2 * width)
        self.inner = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, h: Tensor, film: Tensor) -> Tensor:
        """h (..., B, width) and `self.film` of the condition, (B, 2 * width), to h's shape."""
        scale, shift = film.chunk(2, dim=-1)
        inner: Tensor = self.inner(self.norm(h) * (1 + scale) + shift)
        return h + inner


class Flow(Head):
    """Residual MLP 3 x 384 from a noisy chunk, its time and x to the chunk's velocity."""

    name: ClassVar[str] = "flow"

    def __init__(
        self,
        size: int,
        chunk: int = 16,
        width: int = 384,
        layers: int = 3,
        integration_steps: int = 6,
        samples: int = 8,
        actions: int = ACTION_SIZE,
    ) -> None:
        super().__init__()
        self.actions = actions
        self.chunk, self.width, self.layers = chunk, width, layers
        self.integration_steps, self.samples = integration_steps, samples
        flat = chunk * actions
        self.condition = nn.Sequential(
            nn.Linear(size + 2 * FREQUENCIES, width), nn.GELU(), nn.Linear(width, width), nn.GELU()
        )
        self.enter = nn.Linear(flat, width)
        self.blocks = nn.ModuleList(FlowBlock(width) for _ in range(layers))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, flat))
        self.register_buffer("starts", fixed_noise(samples, 1, chunk, actions), False)

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments after `size`, as JSON."""
        keys = ("chunk", "width", "layers", "integration_steps", "samples")
        return self.sized({key: getattr(self, key) for key in keys})

    def forward(self, x: Tensor, noisy: Tensor, time: Tensor) -> Tensor:
        """Velocities (B, H, A) of noisy chunks (B, H, A) for x (B, size) at time (B,) in [0, 1]."""
        return self._velocity(noisy, self._films(x, time))

    def _films(self, x: Tensor, time: Tensor) -> list[Tensor]:
        """Each block's scale and shift, (B, 2 * width), which depend on x and time alone."""
        condition = self.condition(torch.cat((x, sinusoidal_embedding(time)), dim=-1))
        return [block.get_submodule("film")(condition) for block in self.blocks]

    def _velocity(self, noisy: Tensor, films: Sequence[Tensor]) -> Tensor:
        """Velocities of chunks (..., B, H, A); all samples share the films of B."""
        h = self.enter(noisy.flatten(-2))
        for block, film in zip(self.blocks, films, strict=True):
            h = block(h, film)
        velocity: Tensor = self.leave(h).float()
        return velocity.reshape(noisy.shape)

    def loss(self, x: Tensor, actions: Tensor, mask: Tensor, noise: torch.Generator) -> Tensor:
        """Mean square error of the velocity where the mask (B, H) is true, at a random time."""
        actions = held_actions(actions, mask)
        start = torch.randn(actions.shape, generator=noise).to(actions.device)
        time = torch.rand(len(actions), generator=noise).to(actions.device)
        share = time[:, None, None]
        velocity = self(x, (1 - share) * start + share * actions, time)
        return masked_mean((velocity - (actions - start)).square(), mask)

    def predict(self, x: Tensor) -> Prediction:
        """The mean (B, H, A) of the densest half of a few samples; the spread is that of all."""
        samples = self.sample(x)
        apart = (samples[:, None] - samples[None]).abs().mean((-2, -1))  # (S, S, B)
        crowd = max(1, self.samples // 2)
        near, which = apart.topk(crowd, dim=1, largest=False)
        best = near[:, -1].argmin(0)  # (B,) the sample whose nearest half is the closest
        windows = torch.arange(len(x), device=best.device)
        plan = samples[which[best, :, windows], windows[:, None]].mean(1)
        return Prediction(plan, samples.std(0, correction=0))

    def sample(self, x: Tensor) -> Tensor:
        """Chunks (S, B, H, A) for x (B, size), from fixed noise, by Euler steps.

        The films of all steps are computed at once: for a single plan, most time goes into reading
        the weights.
        """
        steps, windows = self.integration_steps, len(x)
        times = torch.arange(steps, dtype=x.dtype, device=x.device) / steps
        films = self._films(x.repeat(steps, 1), times.repeat_interleave(windows))
        by_step = [film.reshape(steps, windows, -1).unbind() for film in films]
        starts: Tensor = self.get_buffer("starts")
        chunks = starts.expand(-1, windows, -1, -1)
        for number in range(steps):
            chunks = chunks + self._velocity(chunks, [film[number] for film in by_step]) / steps
        return chunks.clamp(-1, 1)


def sinusoidal_embedding(time: Tensor) -> Tensor:
    """Sines and cosines of time (B,) in [0, 1]: (B, 2 * FREQUENCIES)."""
    turns = torch.arange(1, FREQUENCIES + 1, device=time.device, dtype=time.dtype)
    angles = math.pi * time[:, None] * turns
    return torch.cat((angles.sin(), angles.cos()), dim=-1)
