"""What grading predictions is worth: success on unseen seeds before, after, and after driving.

From a workspace's demonstrations three policies are trained: on the demonstrations alone; with
graded predictions of that policy as examples; and with as many minutes of further driving. The
grader is simulated: it drives the expert from the restored state and corrects what ends elsewhere.
A graded prediction is taken to cost a person `--seconds-per-grade`.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.statistics import Rate
from sidestick.policies.threads import limit_threads
from sidestick.policies.train_config import TrainConfig
from sidestick.teleop.driving import drive_simulated
from sidestick.teleop.evaluate import evaluate
from sidestick.teleop.learning import learn
from sidestick.teleop.review.predicting import review_predictions
from sidestick.teleop.rollouts import Rollouts

MORE_SEED = 10_000


def demonstrations(source: Path, folder: Path, count: int) -> Workspace:
    """A new workspace with the first demonstrations of another."""
    (folder / "episodes").mkdir(parents=True)
    shutil.copy(source / "workspace.toml", folder)
    chosen = [
        summary.path
        for summary in Workspace.open(source).summaries()
        if summary.header.level == Level.DEMONSTRATE and summary.path is not None
    ]
    for path in chosen[:count]:
        shutil.copy(path, folder / "episodes")
    return Workspace.open(folder)


def success(workspace: Workspace, config: TrainConfig, episodes: int) -> Rate:
    """Train on what is there, and drive the unseen seeds."""
    learn(workspace, config, progress=False)
    with Rollouts(workspace.config, 1) as rollouts:
        return evaluate(workspace, rollouts, None, episodes).rate


def main() -> None:
    """Measure all three, print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--demonstrations", type=int, default=10)
    parser.add_argument("--predictions", type=int, default=100)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seconds-per-grade", type=float, default=3.0)
    options = parser.parse_args()
    limit_threads()
    config = TrainConfig(steps=options.steps, tensorboard=False)
    with tempfile.TemporaryDirectory() as folder:
        given = (options.workspace, Path(folder) / "graded", options.demonstrations)
        graded = demonstrations(*given)
        driven = demonstrations(given[0], Path(folder) / "driven", given[2])
        before = success(graded, config, options.episodes)
        found = review_predictions(
            graded, "simulated", None, headless=True, simulated=True, count=options.predictions
        )
        after = success(graded, config, options.episodes)
        steps = sum(found.grades.values()) * options.seconds_per_grade * driven.config.control_hz
        seed = MORE_SEED
        while steps > 0:
            steps -= drive_simulated(driven, Level.DEMONSTRATE, [seed]).human_steps
            seed += 1
        drove = success(driven, config, options.episodes)
    figures = {
        "before": str(before),
        "graded": str(after),
        "driven instead": str(drove),
        "grades": found.grades,
        "minutes": round(sum(found.grades.values()) * options.seconds_per_grade / 60, 1),
        "more demonstrations": seed - MORE_SEED,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
