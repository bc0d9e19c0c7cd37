"""This benchmark measures success rates without help by number of demonstrations.

    python -m benchmarks.success_by_demonstrations WS --counts 10 50 --seeds 0

WS is a workspace with enough demonstrations by the simulated operator, such as one made by
`sidestick drive WS --task ShelfPick --headless --driver simulated --episodes 110`.
Every policy is trained from scratch on N successes, each training seed on demonstrations of its
own, and evaluated alone on 100 unseen seeds: those of a release (see `benchmarks.release`), or the
validation seeds from 20000 on. It prints one JSON document.
"""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from benchmarks.release import release_seeds
from benchmarks.rows import circumstances
from sidestick.datasets.frames import Frames
from sidestick.datasets.step import Level
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.local import LocalEngine
from sidestick.policies.perception.keypoint_cache import KeypointCache
from sidestick.policies.statistics.rates import Rate
from sidestick.policies.training.config import TrainConfig
from sidestick.policies.training.train import train
from sidestick.policies.vision import KINDS
from sidestick.sim_envs.errors import BadValue
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
    """Training seeds; each has demonstrations of its own."""
    episodes: int = 100
    """Unseen seeds to evaluate on."""
    release: str | None = None
    """Release whose seeds are driven; None: the validation seeds."""
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
    rows = []
    for count in options.counts:
        for seed in options.seeds:
            shown = own_set(demonstrations(workspace), seed, max(options.counts))[:count]
            rows.append(one(options, workspace, rollouts, shown, seed))
            print(json.dumps({**rows[-1], "per_episode": None}), file=sys.stderr, flush=True)
    return rows


def own_set(found: Sequence[EpisodeSummary], seed: int, size: int) -> list[EpisodeSummary]:
    """The demonstrations of one training seed, which no other has; BadValue where they lack."""
    own = list(found[seed * size : (seed + 1) * size])
    if len(own) < size:
        wanted = f"{(seed + 1) * size} demonstrations, {size} for each seed up to {seed}"
        raise BadValue("workspace", wanted, len(found))
    return own


def one(
    options: Options,
    workspace: Workspace,
    rollouts: Rollouts,
    shown: Sequence[EpisodeSummary],
    seed: int,
) -> dict[str, Any]:
    """The row of one training on some demonstrations, and its evaluation."""
    paths = [summary.path for summary in shown if summary.path is not None]
    frames = Frames.read(paths, images=KINDS[options.vision].needs_images)
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
        seeds = evaluation_seeds(options.release, options.episodes)
        outcomes = rollouts.run(path, seeds)
    rate = Rate(sum(outcome.success for outcome in outcomes), len(outcomes))
    return {
        "demonstrations": len(frames.episodes),
        "vision": options.vision,
        "head": options.head,
        "training_seed": seed,
        "shown": [shown[0].header.seed, shown[-1].header.seed],
        "driven_s": round(sum(s.steps for s in shown) / workspace.config.control_hz, 1),
        "release": options.release,
        "seeds": [seeds.start, seeds.stop],
        "successes": rate.successes,
        "episodes": rate.n,
        "interval95": rate.interval95,
        "train_and_select_s": round(seconds, 1),
        "candidates": result.candidates,
        **circumstances(),
        "per_episode": per_episode(outcomes),
    }


def evaluation_seeds(release: str | None, count: int) -> range:
    """Seeds to evaluate on: of a release, or those of validation."""
    return EVALUATION.seeds(count) if release is None else release_seeds(release, count)


def main() -> None:
    """Measure and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    workspace = Workspace.open(options.workspace)
    with Rollouts(workspace.config, LocalEngine(options.workers)) as rollouts:
        print(json.dumps(measure(options, workspace, rollouts)))


if __name__ == "__main__":
    main()
