"""This benchmark compares grading predictions with driving, by success rates on unseen seeds.

The workspace's policy and the demonstrations it was trained on are copied. It drives a few scenes
by itself; a reviewer grades its predictions there and in the demonstrations, and a policy is
trained on the demonstrations and the graded predictions. Another is trained on the demonstrations
and as many minutes of further driving. The simulated reviewer drives the expert from the restored
state and corrects predictions that end elsewhere. A graded prediction is assumed to cost
`--seconds-per-grade` of human effort; the policy's own episodes cost none and are not trained on.
It prints JSON.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from sidestick.datasets.step import Level
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.torch_setup import limit_threads
from sidestick.policies.statistics.rates import Rate
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.teleop.evaluation.evaluate import evaluate
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.learning.workspace_training import train_on_workspace
from sidestick.teleop.review.run_predictions import review_predictions
from sidestick.teleop.station.headless import drive_simulated

MORE_SEED = 10_000
ALONE_SEED = 210_000


def copied(source: Workspace, policy: str, folder: Path) -> Workspace:
    """A new workspace with one policy of `source` and the episodes it was trained on."""
    store, config = PolicyStore(source.policies_dir), source.config
    learned = store.load(policy, config)
    workspace = Workspace.create(folder, config)
    for name in learned.config.provenance.episodes:
        shutil.copy(source.find(name), workspace.episodes_dir)
    shutil.copytree(store.path(policy), workspace.policies_dir / "0001")
    return workspace


def demonstrated(summary: EpisodeSummary) -> bool:
    """Whether an episode is a successful demonstration, the only kind trained on."""
    return summary.success and summary.header.level == Level.DEMONSTRATE


def success(workspace: Workspace, rollouts: Rollouts, episodes: int) -> Rate:
    """The newest policy's success rate on the unseen seeds."""
    rate = evaluate(workspace, rollouts, None, episodes).rate
    print(f"{time.strftime('%X')} {workspace.path.name}: {rate}", file=sys.stderr, flush=True)
    return rate


def main() -> None:
    """Measure all three policies and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--policy", default="0001")
    parser.add_argument("--alone", type=int, default=20)
    parser.add_argument("--predictions", type=int, default=100)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seconds-per-grade", type=float, default=3.0)
    options = parser.parse_args()
    limit_threads()
    config = TrainConfig(steps=options.steps, tensorboard=False)
    source = Workspace.open(options.workspace)
    with tempfile.TemporaryDirectory() as folder, Rollouts(source.config, 1) as rollouts:
        graded = copied(source, options.policy, Path(folder) / "graded")
        driven = copied(source, options.policy, Path(folder) / "driven")
        before = success(graded, rollouts, options.episodes)
        alone = range(ALONE_SEED, ALONE_SEED + options.alone)
        first = PolicyStore(graded.policies_dir).path("0001")
        rollouts.run(first, alone, graded.path, keep_failures=options.alone)
        found = review_predictions(
            graded, "simulated", None, headless=True, simulated=True, count=options.predictions
        )
        print(f"{time.strftime('%X')} graded: {found.grades}", file=sys.stderr, flush=True)
        train_on_workspace(graded, config, chooses=demonstrated, progress=False)
        after = success(graded, rollouts, options.episodes)
        seconds = sum(found.grades.values()) * options.seconds_per_grade
        left, seed = seconds * driven.config.control_hz, MORE_SEED
        while left > 0:
            left -= drive_simulated(driven, Level.DEMONSTRATE, [seed]).human_steps
            seed += 1
        train_on_workspace(driven, config, progress=False)
        drove = success(driven, rollouts, options.episodes)
    figures = {
        "before": str(before),
        "graded": str(after),
        "driven instead": str(drove),
        "grades": found.grades,
        "minutes": round(seconds / 60, 1),
        "more demonstrations": seed - MORE_SEED,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
