"""Pretraining of perception on random labelled scenes: no demonstration is needed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .keypoints import keypoints
from .optimise import one_cycle, set_rate
from .perception import BATCH, Perception, PerceptionConfig, as_input
from .precision import choose_precision
from .scenebank import SampleScene, SceneBank, SceneShape, make_scenes
from .tensors import as_tensor

Report = Callable[[str, int, int, dict[str, float]], object]
"""Told the stage ("scenes" or "training"), how much is done, of how much, and figures."""
BRIGHTNESS, CONTRAST, TINT, NOISE = 0.25, 0.2, 0.1, 0.03
"""Half widths of the mild augmentation, on pixels in [-1, 1]; noise is a standard deviation."""


@dataclass(frozen=True)
class PretrainConfig:
    """How perception is pretrained; the defaults are what is shipped."""

    scenes: int = 6000
    """Scenes for training and testing together."""
    held_out: int = 300
    """Scenes at the end that only measure the recall."""
    first_seed: int = 1_000_000
    """Seed of the first scene; far from those of demonstrations and evaluations."""
    epochs: int = 12
    """Passes over the scenes; 6 found 97.1 % of the held-out items' cells, 12 found 98.2 %."""
    batch: int = 32
    """Images in one step; with 64 the same time taught less (recall 92 against 96 %)."""
    peak_rate: float = 4e-3
    """Highest learning rate of the one-cycle schedule."""
    weight_decay: float = 1e-2
    """Of AdamW."""
    seed: int = 0
    """Of initial weights, order and augmentation."""
    workers: int = 2
    """Processes that make scenes; 0 makes them here."""
    precision: str = "auto"
    """"auto", "bf16" or "fp32"."""


def quiet(stage: str, done: int, total: int, figures: dict[str, float]) -> None:
    """Report nothing."""


def pretrain(
    sample_scene: SampleScene,
    perception: PerceptionConfig,
    out: Path,
    scenes_dir: Path,
    config: PretrainConfig | None = None,
    report: Report = quiet,
    note: str = "",
) -> Perception:
    """Make the scenes (or take them from `scenes_dir`), train, measure, write weights to `out`.

    `note` names the kind of scenes: a folder of another kind is refused.
    """
    config = config or PretrainConfig()
    shape = SceneShape(
        config.scenes,
        len(perception.cameras),
        perception.image_size,
        len(perception.class_names),
        perception.grid,
    )
    bank = make_scenes(
        sample_scene,
        shape,
        scenes_dir,
        config.first_seed,
        config.workers,
        lambda done: report("scenes", done, config.scenes, {}),
        f"{perception.task} {perception.renderer}{note}",
    )
    seen, unseen = bank.split(config.held_out)
    network = fit_perception(seen, perception, config, report)
    network.metrics.update(measure(network, unseen))
    network.save(out)
    return Perception.load(out)


def fit_perception(
    bank: SceneBank,
    perception: PerceptionConfig,
    config: PretrainConfig,
    report: Report = quiet,
) -> Perception:
    """Train on every image of `bank`; deterministic by the seed on one machine."""
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        network = Perception(perception)
    images = np.ascontiguousarray(bank.images).reshape(-1, *bank.images.shape[2:])
    counts = np.ascontiguousarray(bank.counts).reshape(-1, *bank.counts.shape[2:])
    optimiser = torch.optim.AdamW(
        network.parameters(), config.peak_rate, weight_decay=config.weight_decay, fused=True
    )
    order = _order(len(images), config)
    precision, started = choose_precision(config.precision), time.monotonic()
    for step, rows in enumerate(order):
        set_rate(optimiser, one_cycle(step, len(order), config.peak_rate))
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
        with precision.autocast():
            logits = network(augmented(as_input(images[rows]), generator))
        loss = soft_cross_entropy(logits, shares_of_area(counts[rows], perception.image_size))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        optimiser.step()
        report("training", step + 1, len(order), {"loss": float(loss.detach())})
    seconds = time.monotonic() - started
    network.metrics = {"images": len(images), "steps": len(order), "seconds": round(seconds, 1)}
    return network.frozen()


def soft_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Mean over cells of the cross-entropy with soft labels: both (B, K, g, g), to a scalar."""
    return nn.functional.cross_entropy(logits, target)


def shares_of_area(counts: NDArray[np.uint8], image_size: int) -> Tensor:
    """Pixels of each class in each cell, (B, K, g, g), as shares of the cell's area."""
    pixels_per_cell = int(image_size // counts.shape[-1]) ** 2
    return as_tensor(counts).float().div(pixels_per_cell)


def augmented(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Another brightness, contrast and tint for each image, and noise for each pixel.

    pixels: float32 (B, 3, H, W) in [-1, 1]; the geometry, and so the labels, stay as they are.
    """
    shape = (len(pixels), 3, 1, 1)

    def uniform(half_width: float, channels: int) -> Tensor:
        noise = torch.rand((shape[0], channels, 1, 1), generator=generator)
        return (2 * noise - 1) * half_width

    gain = 1 + uniform(CONTRAST, 1) + uniform(TINT, 3)
    noise = torch.randn(pixels.shape, generator=generator).mul_(NOISE)
    return noise.add_(uniform(BRIGHTNESS, 1)).addcmul_(pixels, gain).clamp_(-1, 1)


def measure(network: Perception, bank: SceneBank) -> dict[str, float]:
    """Quality on held-out scenes.

    recall: share of the cells mostly covered by a goal item whose likeliest class is that item;
    precision: share of the cells named for an item that it does touch;
    error_px: median distance, in pixels, between the keypoint and the true centroid of goal items
    that cover at least one cell.
    """
    config, errors = network.config, [np.zeros(0)]
    found = is_item = touched = claimed = 0
    goals = slice(1, 1 + len(config.goal_names))
    images = bank.images.reshape(-1, *bank.images.shape[2:])
    counts = bank.counts.reshape(-1, *bank.counts.shape[2:])
    for start in range(0, len(images), BATCH):
        truth = shares_of_area(counts[start : start + BATCH], config.image_size)
        guess = network.probabilities(images[start : start + BATCH])
        covered = truth[:, goals] > 0.5
        named = torch.nn.functional.one_hot(guess.argmax(1), guess.shape[1]).movedim(-1, 1)
        named = named[:, goals] > 0
        found += int((covered & named).sum())
        touched += int(((truth[:, goals] > 0) & named).sum())
        is_item, claimed = is_item + int(covered.sum()), claimed + int(named.sum())
        errors.append(_distances(guess[:, goals], truth[:, goals], config.image_size))
    return {
        "recall": found / max(is_item, 1),
        "precision": touched / max(claimed, 1),
        "error_px": float(np.median(np.concatenate(errors))),
        "held_out_images": len(images),
    }


def _distances(guess: Tensor, truth: Tensor, image_size: int) -> NDArray[Any]:
    visible = truth.sum((-2, -1)) >= 1
    offset = keypoints(guess)[..., :2][visible] - keypoints(truth)[..., :2][visible]
    return np.asarray(offset.square().sum(-1).sqrt() * image_size / 2)


def _order(images: int, config: PretrainConfig) -> list[NDArray[np.int64]]:
    steps: list[NDArray[np.int64]] = []
    for epoch in range(config.epochs):
        shuffled = np.random.default_rng((config.seed, epoch)).permutation(images)
        steps += [shuffled[s : s + config.batch] for s in range(0, images, config.batch)]
    return steps
