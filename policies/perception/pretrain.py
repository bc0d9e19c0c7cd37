"""This module pretrains perception on random labelled scenes, without any demonstration.

`sidestick pretrain` calls it with a function that samples scenes; a weights file comes out.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..base.device import device
from ..base.schedule import one_cycle, set_rate
from ..base.torch_setup import Precision, choose_precision
from ..engines.job import Engine
from .grasp_points import grasp_point_loss
from .network import Perception, PerceptionConfig, as_input
from .pretrain_config import PretrainConfig
from .quality import (
    every_image,
    measure,
    measure_grasp_points,
    shares_of_area,
    visible_grasp_points,
)
from .scene_bank import SampleScene, SceneBank, SceneShape, make_scenes

Report = Callable[[str, int, int, dict[str, float]], object]
"""Called with the stage ("scenes", "training" or "holds"), steps done, all steps, and metrics."""
BRIGHTNESS, CONTRAST, TINT, NOISE = 0.25, 0.2, 0.1, 0.03
"""Half widths of the colour augmentation, on pixels in [-1, 1]; noise is a standard deviation."""


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
    base: Perception | None = None,
    engine: Engine | None = None,
) -> Perception:
    """Make the scenes (or take them from `scenes_dir`), train, measure, write weights to `out`.

    `note` names the kind of scenes: a folder of another kind is refused. With `base` only grasp
    points are trained, on its frozen weights. The workers of `engine` make the scenes, without one
    this process. BadValue for a configuration out of range.
    """
    config = config or PretrainConfig()
    config.check()
    network = None if base is None else base.copy(perception).to(device())
    bank = make_scenes(
        sample_scene,
        bank_shape(perception, config.scenes),
        scenes_dir,
        config.first_seed,
        engine,
        lambda done: report("scenes", done, config.scenes, {}),
        f"{perception.task} {perception.renderer}{note}",
    )
    seen, unseen = bank.split(config.held_out)
    if network is None:
        network = fit_perception(seen, perception, config, report)
    if network.holds is not None:
        fit_grasp_points(network, seen, config, report)
        network.metrics.update(measure_grasp_points(network, unseen))
    network.metrics.update(measure(network, unseen))
    network.save(out)
    return Perception.load(out)


def bank_shape(perception: PerceptionConfig, scenes: int) -> SceneShape:
    """The shape of a bank of so many scenes for this perception network."""
    cameras, classes = len(perception.cameras), len(perception.class_names)
    return SceneShape(scenes, cameras, perception.image_size, classes, perception.grid)


def fit_perception(
    bank: SceneBank,
    perception: PerceptionConfig,
    config: PretrainConfig,
    report: Report = quiet,
) -> Perception:
    """A network trained on every image of `bank`; deterministic by the seed on one machine."""
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        network = Perception(perception).to(device())
    images, counts, _ = every_image(bank)
    optimiser = torch.optim.AdamW(
        network.parameters(), config.peak_rate, weight_decay=config.weight_decay, fused=True
    )
    order = _order(len(images), config.epochs, config)
    precision, started = _precision(config), time.monotonic()
    for step, rows in enumerate(order):
        set_rate(optimiser, one_cycle(step, len(order), config.peak_rate))
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
        with precision.autocast():
            logits = network(augmented(as_input(images[rows]), generator).to(network.device))
        shares = shares_of_area(counts[rows], perception.image_size).to(network.device)
        loss = soft_cross_entropy(logits, shares)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        optimiser.step()
        report("training", step + 1, len(order), {"loss": float(loss.detach())})
    seconds = time.monotonic() - started
    network.metrics = {"images": len(images), "steps": len(order), "seconds": round(seconds, 1)}
    return network.frozen()


def fit_grasp_points(
    network: Perception, bank: SceneBank, config: PretrainConfig, report: Report = quiet
) -> None:
    """Train the head of the grasp points in place, on the frozen trunk's features."""
    assert network.holds is not None
    grasp_head = network.holds.requires_grad_()
    images, counts, marks = every_image(bank)
    optimiser = torch.optim.AdamW(
        grasp_head.parameters(), config.peak_rate, weight_decay=config.weight_decay, fused=True
    )
    order = _order(len(images), config.hold_epochs, config)
    precision = _precision(config)
    for step, rows in enumerate(order):
        set_rate(optimiser, one_cycle(step, len(order), config.peak_rate))
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
        with precision.autocast():
            with torch.no_grad():
                pixels = augmented(as_input(images[rows]), generator)
                features = network.trunk(pixels.to(network.device))
                logits = network.head(features)
            logs, heights = grasp_head(features, logits)
        shown, points = visible_grasp_points(marks[rows], counts[rows])
        points, shown = points.to(network.device), shown.to(network.device)
        loss = grasp_point_loss(logs, heights, points, shown)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no annotation here
        optimiser.step()
        report("holds", step + 1, len(order), {"loss": float(loss.detach())})
    network.frozen()


def _precision(config: PretrainConfig) -> Precision:
    return choose_precision(config.precision, device=device().type)


def soft_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Mean over cells of the cross-entropy with soft labels: both (B, K, g, g) to a scalar."""
    return nn.functional.cross_entropy(logits, target)


def augmented(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Images with random brightness, contrast and tint, and noise on each pixel, (B, 3, H, W).

    pixels: float32 (B, 3, H, W) in [-1, 1]; the geometry, and so the labels, do not change.
    """
    shape = (len(pixels), 3, 1, 1)

    def uniform(half_width: float, channels: int) -> Tensor:
        noise = torch.rand((shape[0], channels, 1, 1), generator=generator)
        return (2 * noise - 1) * half_width

    gain = 1 + uniform(CONTRAST, 1) + uniform(TINT, 3)
    noise = torch.randn(pixels.shape, generator=generator).mul_(NOISE)
    return noise.add_(uniform(BRIGHTNESS, 1)).addcmul_(pixels, gain).clamp_(-1, 1)


def _order(images: int, epochs: int, config: PretrainConfig) -> list[NDArray[np.int64]]:
    steps: list[NDArray[np.int64]] = []
    for epoch in range(epochs):
        shuffled = np.random.default_rng((config.seed, epoch)).permutation(images)
        steps += [shuffled[s : s + config.batch] for s in range(0, images, config.batch)]
    return steps
