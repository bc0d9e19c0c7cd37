"""`learn` trains a `NextStepNetwork` on what demonstrations did, in about a minute on one core.

`NextStepChooser` calls it. Demonstrations seldom show a gripper that closed on nothing, and a
policy meets it often: some frames are given such fingers, where that changes nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ..base.schedule import one_cycle, set_rate
from ..base.torch_setup import as_tensor
from .demonstrated import Demonstrated
from .network import NextStepNetwork, Sizes
from .tokens import WIDTH, SeenObjects

UPDATES, BATCH, RATE = 800, 384, 2e-3
WEIGHT_DECAY = 1e-2
JITTER = 0.05
"""Standard deviation of the noise on normalised inputs."""
RELEASE_M = 0.05
"""An error of the place of release of so much costs one nat, others by their square. So the mean
place is learnt: between two places in a bin is the bin, and the median may be at its edge."""
EMPTY = 0.3
"""Share of the reaching frames whose fingers are changed to such as hold nothing."""
FAR_M, NEAR_M = 0.06, 0.05
"""Farther from where the hand closes than the first, any width of the fingers means empty;
nearer than the second, the object may be between them, and only those that hold nothing do."""
THINNEST = 0.7
"""Fingers nearer to each other than this share of the thinnest object held have nothing."""


@dataclass(frozen=True)
class Examples:
    """N frames to learn from, as tensors."""

    tokens: Tensor
    """(N, M, T)."""
    hand: Tensor
    """(N, S)."""
    candidates: Tensor
    """bool (N, M) which objects may be pointed at."""
    about: Tensor
    """(N,) index of the object."""
    held: Tensor
    """bool (N,) whether the hand carries it."""
    release_m: Tensor
    """(N, 3) where it is let go of; NaN where that is not known."""
    to_grasp_m: Tensor
    """(N,) distance from the hand to where it closes next; infinite where it does not."""

    @classmethod
    def of(
        cls, scene: SeenObjects, shown: Demonstrated, grasps_m: NDArray[np.floating]
    ) -> "Examples":
        """The frames that say something; grasps_m (N, 3): where the gripper closes next, or NaN."""
        objects = scene.candidates.shape[1]
        named = np.eye(objects + 1, dtype=np.bool_)[shown.about][:, :-1]
        usable = shown.known & (named & (scene.candidates | shown.held[:, None])).any(1)
        to_grasp_m = np.linalg.norm(scene.hand[:, :3] - grasps_m, axis=-1)
        arrays = (
            scene.tokens,
            scene.hand,
            scene.candidates | (named & shown.held[:, None]),
            shown.about,
            shown.held,
            shown.release_m.astype(np.float32),
            np.nan_to_num(to_grasp_m, nan=np.inf),
        )
        return cls(*(as_tensor(np.ascontiguousarray(array[usable])) for array in arrays))

    def __len__(self) -> int:
        return len(self.about)

    def take(self, rows: Tensor) -> "Examples":
        """Some of the frames, by indices (B,)."""
        return Examples(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @property
    def thinnest_m(self) -> float:
        """Width between the fingers that nothing was held at; 0 where nothing was held."""
        held = self.hand[self.held, WIDTH]
        return float(held.quantile(0.01)) * THINNEST if len(held) else 0.0


def learn(
    examples: Examples,
    sizes: Sizes,
    seed: int = 0,
    updates: int = UPDATES,
    learnt: Callable[[int], object] = lambda updates: None,
) -> NextStepNetwork:
    """A network that does what the examples show; `learnt` hears of every update done."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = NextStepNetwork(sizes)
    network.fit(examples.tokens, examples.hand)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=WEIGHT_DECAY, fused=True)
    noise = torch.Generator().manual_seed(seed)
    thinnest_m, widest_m = examples.thinnest_m, float(examples.hand[:, WIDTH].max())
    for step in range(updates):
        set_rate(optimiser, one_cycle(step, updates, RATE))
        batch = examples.take(torch.randint(len(examples), (BATCH,), generator=noise))
        _empty_some(batch, thinnest_m, widest_m, noise)
        _jitter(batch, network, noise)
        optimiser.zero_grad()
        _loss(network, batch, noise).backward()  # type: ignore[no-untyped-call]  # torch's annotation
        optimiser.step()
        learnt(step + 1)
    return network.eval()


def _empty_some(
    batch: Examples, thinnest_m: float, widest_m: float, noise: torch.Generator
) -> None:
    """Change the fingers of some reaching hands, in place, to a width at which they are empty."""
    draws = torch.rand((2, len(batch)), generator=noise)
    far, near = batch.to_grasp_m > FAR_M, batch.to_grasp_m < NEAR_M
    picked = (draws[0] < EMPTY) & ~batch.held & (far | near)
    width = draws[1] * torch.where(far, widest_m, thinnest_m)
    batch.hand[:, WIDTH] = torch.where(picked, width, batch.hand[:, WIDTH])


def _jitter(batch: Examples, network: NextStepNetwork, noise: torch.Generator) -> None:
    std = JITTER * network.get_buffer("std")
    for given, part in ((batch.tokens, std[: network.token]), (batch.hand, std[network.token :])):
        given += part * torch.randn(given.shape, generator=noise)


def _loss(network: NextStepNetwork, batch: Examples, noise: torch.Generator) -> Tensor:
    """Cross entropy of the object and of held, and the error of the release, a scalar."""
    found = network(batch.tokens, batch.hand, batch.candidates, noise)
    each = torch.arange(len(batch))
    held = functional.binary_cross_entropy_with_logits(
        found.held[each, batch.about], batch.held.float()
    )
    off = (found.release[each, batch.about] - batch.release_m).nan_to_num(0.0) / RELEASE_M
    known = ~batch.release_m.isnan().any(-1)
    release = off.square().sum() / (3 * known.sum()).clamp_min(1)
    total: Tensor = functional.cross_entropy(found.scores, batch.about) + held + release
    return total
