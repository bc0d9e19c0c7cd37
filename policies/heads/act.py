"""`Act` is the head of action chunking with a transformer: a conditional VAE over action chunks.

ACT (Zhao 2023, section IV-B and appendix C): in training a latent z, encoded from the demonstrated
chunk, explains the variation between demonstrations; when driving z is zero, the mean of its
prior. L1 for the chunk and KL weight 10 as there. Smaller, for one CPU core, and without dropout.
Temporal ensembling belongs to execution: `policies/heads/temporal_ensembling.py`.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...sim_envs.spaces import ACTION_SIZE
from .head import Head, Prediction, fixed_noise, held_actions, masked_mean


class Act(Head):
    """x and z as tokens through an encoder; H learned queries through a decoder."""

    name: ClassVar[str] = "act"

    def __init__(
        self,
        size: int,
        chunk: int = 16,
        width: int = 64,
        attention_heads: int = 4,
        encoder_layers: int = 1,
        decoder_layers: int = 2,
        latent: int = 16,
        tokens: int = 4,
        kl_weight: float = 10.0,
        samples: int = 8,
        actions: int = ACTION_SIZE,
    ) -> None:
        super().__init__()
        self.actions = actions
        self.chunk, self.width, self.attention_heads = chunk, width, attention_heads
        self.encoder_layers, self.decoder_layers = encoder_layers, decoder_layers
        self.latent, self.tokens, self.kl_weight = latent, tokens, kl_weight
        self.samples = samples
        self.read = nn.Sequential(nn.Linear(size, 2 * width), nn.GELU())
        self.to_tokens = nn.Linear(2 * width, tokens * width)
        self.from_actions = nn.Linear(actions, width)
        self.from_latent = nn.Linear(latent, width)
        self.places = nn.Parameter(0.02 * torch.randn(1, 1 + tokens + chunk, width))
        self.queries = nn.Parameter(0.02 * torch.randn(1, chunk, width))
        self.summary = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.style = self._encoder(encoder_layers)
        self.to_latent = nn.Linear(width, 2 * latent)
        self.encoder = self._encoder(encoder_layers)
        layer = nn.TransformerDecoderLayer(
            width, attention_heads, 2 * width, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.decoder = nn.TransformerDecoder(layer, decoder_layers, nn.LayerNorm(width))
        self.to_actions = nn.Linear(width, actions)
        self.register_buffer("draws", fixed_noise(samples, latent), persistent=False)

    def _encoder(self, layers: int) -> nn.TransformerEncoder:
        layer = nn.TransformerEncoderLayer(
            self.width,
            self.attention_heads,
            2 * self.width,
            0.0,
            "gelu",
            batch_first=True,
            norm_first=True,
        )
        norm = nn.LayerNorm(self.width)
        return nn.TransformerEncoder(layer, layers, norm, enable_nested_tensor=False)

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments after `size`, as JSON."""
        keys = ("chunk", "width", "attention_heads", "encoder_layers", "decoder_layers")
        more = ("latent", "tokens", "kl_weight", "samples")
        return self.sized({key: getattr(self, key) for key in (*keys, *more)})

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """x (B, size) and latent (B, Z) to chunks (B, H, A)."""
        seen = torch.cat((self.from_latent(z)[:, None], self._tokens(x)), dim=1)
        memory = self.encoder(seen + self.places[:, : 1 + self.tokens])
        decoded = self.decoder(self.queries.expand(len(x), -1, -1), memory)
        actions: Tensor = self.to_actions(decoded).float()
        return actions

    def posterior(self, x: Tensor, actions: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance (B, Z) of the latent of a demonstrated chunk (B, H, A)."""
        shown = self.from_actions(held_actions(actions, mask))
        first = self.summary.expand(len(x), -1, -1)
        tokens = torch.cat((first, self._tokens(x), shown), dim=1) + self.places
        ahead = torch.zeros(len(x), 1 + self.tokens, dtype=torch.bool, device=mask.device)
        hidden = torch.cat((ahead, ~mask), dim=1)
        read = self.style(tokens, src_key_padding_mask=hidden)[:, 0]
        mean, log_variance = self.to_latent(read).float().chunk(2, dim=-1)
        return mean, log_variance

    def loss(self, x: Tensor, actions: Tensor, mask: Tensor, noise: torch.Generator) -> Tensor:
        """Mean absolute error where the mask is true, and the latent's divergence from N(0, 1)."""
        mean, log_variance = self.posterior(x, actions, mask)
        draw = torch.randn(mean.shape, generator=noise).to(mean.device)
        error = (self(x, mean + (0.5 * log_variance).exp() * draw) - actions).abs()
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(-1).mean()
        return masked_mean(error, mask) + self.kl_weight * divergence

    def predict(self, x: Tensor) -> Prediction:
        """The chunks (B, H, A) for z = 0; their spread is over a few fixed draws of z."""
        draws: Tensor = self.get_buffer("draws")
        z = torch.cat((draws.new_zeros(1, self.latent), draws))  # (1 + S, Z)
        many = self(x.repeat(len(z), 1), z.repeat_interleave(len(x), dim=0)).clamp(-1, 1)
        chunks = many.reshape(len(z), len(x), self.chunk, self.actions)
        around = (chunks[1:] - chunks[:1]).square().mean(0).sqrt()
        return Prediction(chunks[0], around)

    def _tokens(self, x: Tensor) -> Tensor:
        tokens: Tensor = self.to_tokens(self.read(x)).reshape(len(x), self.tokens, self.width)
        return tokens
