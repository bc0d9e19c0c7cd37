"""This benchmark compares grading predictions with driving, by success rates on unseen seeds.

The workspace's policy and the demonstrations it was trained on are copied. It drives a few scenes
by itself; a reviewer grades its predictions there and in the demonstrations, and a policy is
trained on the demonstrations and the graded predictions. The controls are trained on the
demonstrations and further ones: as many as cost the same attention, and then as many as take the
same seconds of driving. The simulated reviewer drives the expert from the restored state and
corrects predictions that end elsewhere. A graded prediction is assumed to cost
`--seconds-per-grade` of attention and no driving; the policy's own episodes cost none and are not
trained on. It prints JSON: for each policy its success, and the seconds driven and attended beside
those of the demonstrations that all have in common.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.rows import circumstances
from sidestick.datasets.step import Level
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.torch_setup import limit_threads
from sidestick.policies.store import PolicyStore
from sidestick.policies.training.config import TrainConfig
from sidestick.teleop.evaluation.evaluate import evaluate
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.learning.workspace_training import train_on_workspace
from sidestick.teleop.report.cost import EffortCost
from sidestick.teleop.report.ledger import read_ledger
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


def success(
    workspace: Workspace, rollouts: Rollouts, policy: str, episodes: int, cost: EffortCost
) -> dict[str, Any]:
    """The success rate of one policy on the unseen seeds, and what its data cost."""
    rate = evaluate(workspace, rollouts, policy, episodes).rate
    print(f"{time.strftime('%X')} {workspace.path.name}: {rate}", file=sys.stderr, flush=True)
    spent = {"driven_s": cost.driven_s, "attended_s": cost.attended_s}
    return {
        "policy": policy,
        "success": str(rate),
        **{name: round(value, 1) for name, value in spent.items()},
        "more_demonstrations": cost.episodes,
    }


def control(
    workspace: Workspace, rollouts: Rollouts, config: TrainConfig, seconds: float, episodes: int
) -> dict[str, Any]:
    """Further demonstrations instead: until they cost the same attention, then the same driving."""
    found, seeds = {}, count(MORE_SEED)

    def spent() -> EffortCost:
        return read_ledger(workspace).total

    for kind in ("attended_s", "driven_s"):
        while getattr(spent(), kind) < seconds:
            drive_simulated(workspace, Level.DEMONSTRATE, [next(seeds)])
        policy = train_on_workspace(workspace, config, progress=False).path.name
        found[kind] = success(workspace, rollouts, policy, episodes, spent())
    return {"equal attention": found["attended_s"], "equal driving": found["driven_s"]}


def main() -> None:
    """Measure all policies and print JSON."""
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
    source, free = Workspace.open(options.workspace), EffortCost.of((), "nothing more")
    with tempfile.TemporaryDirectory() as folder, Rollouts(source.config, 1) as rollouts:
        graded = copied(source, options.policy, Path(folder) / "graded")
        driven = copied(source, options.policy, Path(folder) / "driven")
        before = success(graded, rollouts, "0001", options.episodes, free)
        alone = range(ALONE_SEED, ALONE_SEED + options.alone)
        first = PolicyStore(graded.policies_dir).path("0001")
        rollouts.run(first, alone, graded.path, keep_failures=options.alone)
        found = review_predictions(
            graded, "simulated", None, headless=True, simulated=True, count=options.predictions
        )
        print(f"{time.strftime('%X')} graded: {found.grades}", file=sys.stderr, flush=True)
        policy = train_on_workspace(graded, config, chooses=demonstrated, progress=False).path.name
        after = success(graded, rollouts, policy, options.episodes, free)
        seconds = sum(found.grades.values()) * options.seconds_per_grade
        after["attended_s"] = seconds
        controls = control(driven, rollouts, config, seconds, options.episodes)
    figures = {"before": before, "graded": after, **controls, "grades": found.grades}
    print(json.dumps({**figures, **circumstances()}))


if __name__ == "__main__":
    main()
