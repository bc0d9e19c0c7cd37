"""This benchmark measures the time and size of the report of many made-up episodes on disk."""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EffortEntry
from sidestick.datasets.judgements.judgements import Judge
from sidestick.datasets.step import ActionMode
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.report.write import write_report
from tests.synthetic import made_up_episode

STEPS = 130
"""Steps of an episode: the mean of ShelfPick's."""


def fill(folder: Path, episodes: int) -> Workspace:
    """A workspace of episodes of the usual length, some with takeovers, a few failed."""
    workspace = Workspace.create(folder, WorkspaceConfig("ShelfPick"))
    rng = np.random.default_rng(0)
    judge = Judge(workspace, "benchmark")
    content = [
        made_up_episode([mode] * (STEPS // 2) + [second] * (STEPS // 2), seed)
        for seed, (mode, second) in enumerate(
            [
                (ActionMode.DEMONSTRATION, ActionMode.DEMONSTRATION),
                (ActionMode.ROLLOUT, ActionMode.INTERVENTION),
                (ActionMode.ROLLOUT, ActionMode.ROLLOUT),
            ]
        )
    ]
    for number in range(episodes):
        name = f"20260101T{number:06d}-{number:08x}"
        episode = content[number % len(content)]
        header = replace(episode.summary.header, seed=number, started=1.7e9 + number)
        outcome = replace(episode.summary.outcome, success=bool(rng.random() < 0.8))
        summary = replace(episode.summary, id=name, header=header, outcome=outcome)
        replace(episode, summary=summary).write(workspace.episodes_dir / f"{name}.hdf5")
        if number % 5 == 0:
            judge.say(name, "quality", quality=1 + number % 5)
    Database(workspace.db_path).add_effort(
        EffortEntry(0, "demonstrations", 600.0, 0.0, 0, episodes)
    )
    return workspace


def main() -> None:
    """Make the workspace, write the report, print seconds and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = fill(Path(folder) / "ws", options.episodes)
        began, cpu = time.perf_counter(), time.process_time()
        path = write_report(Workspace.open(workspace.path))
        figures = {
            "episodes": options.episodes,
            "seconds": round(time.perf_counter() - began, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
            "megabytes": round(path.stat().st_size / 1e6, 2),
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
