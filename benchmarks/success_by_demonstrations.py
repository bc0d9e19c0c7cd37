"""This benchmark measures success rates without help by number of demonstrations.

    python -m benchmarks.success_by_demonstrations WS --counts 10 50 --seeds 0

WS is a workspace with enough demonstrations by the simulated operator, such as one made by
`sidestick drive WS --task ShelfPick --headless --operator simulated --episodes 110`.
Every policy is trained from scratch on the first N successes and evaluated alone on 100 unseen
seeds from 20000. It prints one JSON document.
"""

import json
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from sidestick.datasets.frames import Frames
from sidestick.datasets.step import Level
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.perception.keypoint_cache import KeypointCache
from sidestick.policies.statistics.rates import Rate
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.train import train
from sidestick.policies.vision import KINDS
from sidestick.teleop.evaluation.evaluate import per_episode
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.evaluation.seeds import EVALUATION
from sidestick.teleop.learning.workspace_training import KEYPOINT_CACHE, selection, succeeded


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    counts: tuple[int, ...] = (10, 50)
    """Numbers of demonstrations."""
    seeds: tuple[int, ...] = (0,)
    """Training seeds."""
    episodes: int = 100
    """Unseen seeds to evaluate on."""
    vision: str = "keypoints"
    """Kind of vision: keypoints or end-to-end."""
    head: str = "bc"
    """Kind of policy head."""
    selection: int = 20
    """Episodes to evaluate each checkpoint on before one is chosen; 0 takes the last."""
    steps: int | None = None
    """Updates; None: as recommended."""
    execute: int = 8
    """Actions of a plan that are executed before the next."""
    workers: int = 2
    """Processes for rollouts."""
    keep: Path | None = None
    """Folder for the policies, each count and seed its own; an interrupted training there is
    resumed."""


def demonstrations(workspace: Workspace) -> list[EpisodeSummary]:
    """The successful demonstrations, oldest first."""
    found = [s for s in workspace.summaries() if succeeded(s)]
    return [s for s in found if s.header.level == Level.DEMONSTRATE]


def measure(options: Options, workspace: Workspace, rollouts: Rollouts) -> list[dict[str, Any]]:
    """One row for each number of demonstrations and training seed."""
    paths = [summary.path for summary in demonstrations(workspace) if summary.path is not None]
    rows = []
    for count in options.counts:
        frames = Frames.read(paths[:count], images=KINDS[options.vision].needs_images)
        for seed in options.seeds:
            rows.append(one(options, workspace, rollouts, frames, seed))
            print(json.dumps({**rows[-1], "per_episode": None}), file=sys.stderr, flush=True)
    return rows


def one(
    options: Options, workspace: Workspace, rollouts: Rollouts, frames: Frames, seed: int
) -> dict[str, Any]:
    """The row of one training and its evaluation."""
    config = TrainConfig.recommended(options.vision, options.head)
    config = replace(config, seed=seed, execute=options.execute)
    config = replace(config, tensorboard=False, steps=options.steps or config.steps)
    drive = selection(rollouts, options.selection) if options.selection else None
    with tempfile.TemporaryDirectory() as folder:
        path = (options.keep or Path(folder)) / f"{len(frames.episodes)}-{seed}"
        cache = KeypointCache(workspace.path / KEYPOINT_CACHE)
        started = time.monotonic()
        result = train(frames, config, path, drive, cache=cache, progress=False)
        seconds = time.monotonic() - started
        seeds = EVALUATION.seeds(options.episodes)
        outcomes = rollouts.run(path, seeds)
    rate = Rate(sum(outcome.success for outcome in outcomes), len(outcomes))
    return {
        "demonstrations": len(frames.episodes),
        "vision": options.vision,
        "head": options.head,
        "training_seed": seed,
        "successes": rate.successes,
        "episodes": rate.n,
        "interval95": rate.interval95,
        "train_and_select_s": round(seconds, 1),
        "candidates": result.candidates,
        "per_episode": per_episode(outcomes),
    }


def main() -> None:
    """Measure and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    workspace = Workspace.open(options.workspace)
    with Rollouts(workspace.config, options.workers) as rollouts:
        print(json.dumps(measure(options, workspace, rollouts)))


if __name__ == "__main__":
    main()
