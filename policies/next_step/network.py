"""`NextStepNetwork` tells from all that perception sees which object the next step is about.

Attention over the set of tokens (Set Transformer, Lee 2019, section 3.1), then a pointer to one of
them (Vinyals 2015, section 2.3), whether the hand carries it, and where the hand lets go of it.
What is next and what is held are asked of all classes alike, by what is seen of each. The place of
release knows the class, and of what is seen only the places of things that nobody takes, such as
bins. It does not know the hand: a place that went along with a hand off its way was never reached.
Nothing is written of a task.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

HIDDEN = -1e4
"""Score of an object that cannot be pointed at."""
LIMIT = 5.0
"""Normalised inputs are clipped to this many standard deviations."""
HEADS = 4
HIDES = 0.2
"""Share of the things that nobody takes that are hidden in training: the arm hides them too."""


class Sizes(NamedTuple):
    """What the network reads."""

    objects: int
    """M, the number of classes."""
    token: int
    """T, the numbers of each one's token."""
    hand: int
    """S, the numbers of the hand's token."""
    fixed: tuple[int, ...] = ()
    """Indices of the classes that no instruction names: things that nobody takes."""
    place: tuple[int, ...] = ()
    """Indices of the numbers of a token that say where it is, whatever the hand does."""
    sees_hand: bool = False
    """Whether the place of release knows the hand, as in policies of earlier versions."""


class NextStep(NamedTuple):
    """The network's output for B frames and M classes of objects."""

    scores: Tensor
    """(B, M) logits of which object the next step is about."""
    held: Tensor
    """(B, M) logits of whether the hand carries the object, should it be that."""
    release: Tensor
    """(B, M, 3) where the hand lets go of the object, metres in the base's frame."""


class NextStepNetwork(nn.Module):
    """Attention over one token for every class of objects and one for the hand."""

    def __init__(self, sizes: Sizes, width: int = 64, layers: int = 2) -> None:
        super().__init__()
        objects, token, hand = sizes.objects, sizes.token, sizes.hand
        self.token, self.sizes = token, sizes
        self.register_buffer("mean", torch.zeros(token + hand))
        self.register_buffer("std", torch.ones(token + hand))
        self.enter = nn.Sequential(nn.Linear(token, width), nn.GELU(), nn.Linear(width, width))
        self.enter_hand = nn.Sequential(nn.Linear(hand, width), nn.GELU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(_block(width) for _ in range(layers))
        self.leave = nn.LayerNorm(width)
        self.out = nn.Linear(width, 2)
        self.kinds = nn.Parameter(torch.randn(objects, width) * 0.5)
        known = width + (width if sizes.sees_hand else len(sizes.fixed) * len(sizes.place))
        self.release = nn.Sequential(nn.Linear(known, width), nn.GELU(), nn.Linear(width, 3))

    def forward(
        self,
        tokens: Tensor,
        hand: Tensor,
        candidates: Tensor,
        noise: torch.Generator | None = None,
    ) -> NextStep:
        """Tokens (B, M, T), the hand (B, S), and which objects may be pointed at, bool (B, M).

        With `noise`, in training, some of the fixed things are hidden from the place of release.
        """
        mean, std = self.get_buffer("mean"), self.get_buffer("std")
        tokens = ((tokens - mean[: self.token]) / std[: self.token]).clamp(-LIMIT, LIMIT)
        hand = ((hand - mean[self.token :]) / std[self.token :]).clamp(-LIMIT, LIMIT)
        x = torch.cat((self.enter(tokens), self.enter_hand(hand)[:, None]), dim=1)
        for block in self.blocks:
            x = block(x)
        x = self.leave(x)[:, :-1]
        scores, held = self.out(x).unbind(-1)
        seen = x if self.sizes.sees_hand else self._fixed(tokens, noise)
        release = self.release(torch.cat((seen, self.kinds.expand(len(x), -1, -1)), dim=-1))
        return NextStep(scores.masked_fill(~candidates, HIDDEN), held, release)

    def _fixed(self, tokens: Tensor, noise: torch.Generator | None) -> Tensor:
        """Where the things are that nobody takes, (B, M, n), for each class alike."""
        fixed = tokens[:, list(self.sizes.fixed)][..., list(self.sizes.place)]
        if noise is not None:
            shown = torch.rand(fixed.shape[:2], generator=noise) >= HIDES
            fixed = fixed * shown[..., None].to(fixed)
        return fixed.flatten(1)[:, None].expand(-1, tokens.shape[1], -1)

    def fit(self, tokens: Tensor, hand: Tensor) -> None:
        """Normalise by training tokens (N, M, T) and hands (N, S)."""
        for rows, begin in ((tokens.flatten(0, 1), 0), (hand, self.token)):
            part = slice(begin, begin + rows.shape[1])
            self.get_buffer("mean")[part] = rows.mean(0)
            self.get_buffer("std")[part] = rows.std(0).clamp_min(1e-3)


def _block(width: int) -> nn.Module:
    return nn.TransformerEncoderLayer(
        width,
        HEADS,
        2 * width,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
    )
