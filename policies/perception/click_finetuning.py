"""This module finetunes a perception network on clicks, each the place of an item in a picture.

The click review calls it; a network comes out, with its pixel error before and after on held-out
clicks. Each click gives a soft label, and most of the network stays frozen.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...sim_envs.errors import BadValue
from ..base.threads import limit_threads
from .network import Perception, as_input
from .pretrain import augmented

SIGMA_CELLS = 0.8
"""Standard deviation of the soft label around a click: a click is a place, not an outline."""
STEPS, BATCH, RATE = 200, 16, 1e-3
"""On 53 clicks into inverted pictures this took the error from 34 to 3.7 pixels; 120 steps at
2e-4 left 25."""
KEEP = 2.0
"""Weight of leaving the probabilities unchanged away from the clicks."""
HELD_OUT = 0.25
LEAST, LEAST_HELD = 8, 2


@dataclass(frozen=True, repr=False)
class Click:
    """The place of an item in one picture."""

    image: NDArray[np.uint8]
    """The picture, (H, W, 3)."""
    item: str
    """One of the perception network's goal names."""
    x: float
    """Pixels from the left edge."""
    y: float
    """Pixels from the upper edge."""


@dataclass(frozen=True)
class ClickGain:
    """The result of finetuning on clicks, measured on held-out clicks."""

    taught: int
    """Number of clicks that it was finetuned on."""
    held_out: int
    """Number of clicks that it was measured on."""
    before_px: float
    """Median distance between keypoint and held-out click before finetuning, pixels."""
    after_px: float
    """The same after finetuning."""
    perception: Perception
    """The finetuned network, frozen; the given one where that is no worse."""

    @property
    def is_better(self) -> bool:
        """Whether finetuning lowered the error on the held-out clicks."""
        return self.after_px < self.before_px


def finetune_on_clicks(
    perception: Perception,
    clicks: Sequence[Click],
    seed: int = 0,
    report: Callable[[int], object] = lambda step: None,
) -> ClickGain:
    """Finetune the head and the last block on clicks; the earlier layers stay as they are.

    BadValue for fewer than `LEAST` clicks or an unknown item.
    """
    if len(clicks) < LEAST:
        raise BadValue("clicks", f"at least {LEAST}", len(clicks))
    for click in clicks:
        if click.item not in perception.config.goal_names:
            raise BadValue("item", f"one of {', '.join(perception.config.goal_names)}", click.item)
    limit_threads()
    order = np.random.default_rng(seed).permutation(len(clicks))
    number = max(LEAST_HELD, round(HELD_OUT * len(clicks)))
    held = [clicks[int(place)] for place in order[:number]]
    seen = [clicks[int(place)] for place in order[number:]]
    finetuned = _fitted(perception, seen, seed, report)
    before, after = pixel_error(perception, held), pixel_error(finetuned, held)
    chosen = finetuned if after < before else perception
    return ClickGain(len(seen), len(held), before, after, chosen.frozen())


def pixel_error(perception: Perception, clicks: Sequence[Click]) -> float:
    """Median distance in pixels between the click and the item's most probable place."""
    images = np.stack([click.image for click in clicks])
    heat = perception.probabilities(images).numpy()
    size, grid = perception.config.image_size, perception.config.grid
    errors = []
    for click, maps in zip(clicks, heat, strict=True):
        item = maps[clicked_class(perception, click, maps)]
        row, column = np.unravel_index(int(item.argmax()), item.shape)
        window = np.zeros_like(item)
        rows, columns = slice(max(0, row - 2), row + 3), slice(max(0, column - 2), column + 3)
        window[rows, columns] = item[rows, columns]
        cells = (np.arange(grid) + 0.5) * size / grid
        total = max(float(window.sum()), 1e-9)
        x, y = float(window.sum(0) @ cells) / total, float(window.sum(1) @ cells) / total
        errors.append(np.hypot(x - click.x, y - click.y))
    return float(np.median(errors))


def _fitted(
    perception: Perception, clicks: Sequence[Click], seed: int, report: Callable[[int], object]
) -> Perception:
    """A copy of the network, finetuned on the clicks."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = copy.deepcopy(perception).train()
    trained = [*network.head.parameters(), *list(network.trunk.children())[-1].parameters()]
    for parameter in trained:
        parameter.requires_grad_(True)
    optimiser = torch.optim.AdamW(trained, RATE, weight_decay=0.0)
    pixels = as_input(np.stack([click.image for click in clicks]))
    labels = torch.stack([_label(perception, click) for click in clicks])
    before = perception.probabilities(np.stack([click.image for click in clicks])).clone()
    pairs = zip(clicks, before.numpy(), strict=True)
    classes = torch.tensor([clicked_class(perception, click, maps) for click, maps in pairs])
    draw, noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    for step in range(STEPS):
        chosen = torch.as_tensor(draw.integers(0, len(clicks), BATCH))
        logits = network(augmented(pixels[chosen], noise))
        loss = _loss(logits, labels[chosen], classes[chosen], before[chosen])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        optimiser.step()
        report(step + 1)
    return network.eval()


def _loss(logits: Tensor, labels: Tensor, classes: Tensor, before: Tensor) -> Tensor:
    """The scalar loss: the item's map must equal the soft label, all other cells stay unchanged.

    logits, before: (B, K, g, g); labels: (B, g, g) summing to 1; classes: (B,).
    """
    rows = torch.arange(len(classes))
    own = logits[rows, classes].flatten(1)
    places = -(labels.flatten(1) * own.log_softmax(1)).sum(1).mean()
    peak = labels.amax((1, 2), keepdim=True)
    near = (labels / peak).clamp(0, 1)  # 1 at the click, 0 far away
    cells = nn.functional.cross_entropy(logits, before, reduction="none")
    at_click = nn.functional.cross_entropy(
        logits, classes[:, None, None].expand_as(labels), reduction="none"
    )
    named = (at_click * near).sum((1, 2)).div(near.sum((1, 2))).mean()
    kept = (cells * (1 - near)).mean()
    return places + named + KEEP * kept


def _label(perception: Perception, click: Click) -> Tensor:
    """A Gaussian around the click on the grid, (g, g), summing to 1."""
    grid, size = perception.config.grid, perception.config.image_size
    centres = (torch.arange(grid) + 0.5) * size / grid
    scale = SIGMA_CELLS * size / grid
    across = torch.exp(-0.5 * ((centres - click.x) / scale) ** 2)
    along = torch.exp(-0.5 * ((centres - click.y) / scale) ** 2)
    label = along[:, None] * across[None, :]
    return label / label.sum().clamp_min(1e-9)


def clicked_class(perception: Perception, click: Click, maps: NDArray[np.float32]) -> int:
    """The item's class; of several shades the one that covers most of the picture.

    maps (K, g, g): the picture's class probabilities.
    """
    return max(perception.config.classes_of(click.item), key=lambda name: float(maps[name].sum()))
