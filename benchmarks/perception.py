"""This benchmark measures the shipped perception on unseen scenes, at every level of variation.

    python -m benchmarks.perception --scenes 100

Plain scenes and varied ones have weights of their own. Recall: share of the cells mostly covered by
an item that are classified so; precision: share of the cells classified as an item that it touches;
error: median distance of a keypoint from the item's true centroid, pixels of 96. For garments also
grasp points: see `measure_grasp_points`. It prints one JSON document.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.perception.network import Perception
from sidestick.policies.perception.pretrain import bank_shape
from sidestick.policies.perception.quality import measure, measure_grasp_points
from sidestick.policies.perception.scene_bank import make_scenes
from sidestick.sim_envs.domain_randomization import LEVELS
from sidestick.sim_envs.labelled_scenes import SceneSource
from sidestick.sim_envs.tasks import TASKS

FIRST_SEED = 3_000_000


@dataclass(frozen=True)
class Options:
    """What to measure."""

    tasks: tuple[str, ...] = tuple(TASKS)
    """Tasks, by their short names."""
    scenes: int = 100
    """Scenes of each task and level, two images each."""
    weights: str | None = None
    """Level whose weights see all scenes: none, or strong; None: each level's own."""
    workers: int = 2
    """Processes that make scenes."""


def row(task: str, variation: str, options: Options) -> dict[str, Any]:
    """The metrics of one task at one level of domain randomization."""
    network = Perception.load_shipped(task, options.weights or variation)
    shape = bank_shape(network.config, options.scenes)
    source = SceneSource(task, network.config.renderer, variation)
    with tempfile.TemporaryDirectory() as folder:
        bank = make_scenes(source, shape, Path(folder), FIRST_SEED, LocalEngine(options.workers))
        figures = measure(network, bank)
        if network.holds is not None:
            figures |= measure_grasp_points(network, bank)
    return {"task": task, "variation": variation, **figures}


def main() -> None:
    """Measure every task at every level and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    rows = []
    for task in options.tasks:
        for variation in LEVELS:
            rows.append(row(task, variation, options))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
