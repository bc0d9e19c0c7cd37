"""This benchmark checks that episodes of every task, with takeovers and rewinds, replay exactly.

    python -m benchmarks.replays --episodes 20

For each task a policy of random motion is supervised by the simulated operator, who takes over
and completes the task; every third episode is rewound by two seconds and continues from there.
Each recording is then resimulated in an environment of its own, as `sidestick replay --verify`
does. It prints one JSON document and exits with 1 unless all are identical.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.episode import Episode
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.sim_envs.spaces import ACTION_SIZE, Observation
from sidestick.teleop.devices.simulated_operator import SimulatedOperator
from sidestick.teleop.evaluation.replay import verify
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.session.recording import Recording
from sidestick.teleop.session.session import Session

JOBS: dict[str, dict[str, Any]] = {
    "ShelfPick": {},
    "SortRecycling": {"num_items": 2},
    "SortClothes": {"num_items": 1},
}
REWIND_AT, REWIND_TICKS = 60, 40
FIRST_SEED = 600_000


class Wanderer:
    """A policy of random motion, which makes takeovers necessary."""

    chunk = execute = 8

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Restart the same random sequence."""
        self._random = np.random.default_rng(0)
        self._drift = np.zeros(ACTION_SIZE)

    def plan(self, observation: Observation) -> Plan:
        """The next chunk of random motion."""
        self._drift = 0.5 * self._drift + self._random.normal(0.0, 0.4, ACTION_SIZE)
        actions = np.tile(np.clip(self._drift, -1, 1).astype(np.float32), (self.chunk, 1))
        return Plan(actions, np.zeros_like(actions), 0.5)


def record(folder: Path, task: str, episodes: int) -> Workspace:
    """Supervised episodes with takeovers; every third is rewound once."""
    workspace = Workspace.open_or_create(folder, WorkspaceConfig(task, env_kwargs=JOBS[task]))
    env = workspace_env(workspace.config)
    operator = SimulatedOperator(env, Level.SUPERVISED)
    with Recorder(workspace) as recorder:
        assignment = Assignment(Level.SUPERVISED, runner=PolicyRunner(Wanderer()))
        session = Session(env, operator, assignment, [Recording(recorder)])
        for number in range(episodes):
            episode = session.prepare(FIRST_SEED + number)
            episode.begin()
            mark = None
            while not episode.over:
                episode.tick()
                if episode.steps == REWIND_AT - REWIND_TICKS:
                    mark = mark or episode.mark()
                if episode.steps == REWIND_AT and mark is not None and number % 3 == 0:
                    episode.rewind(mark)
                    mark, number = None, 1  # once is enough
            episode.end()
        recorder.wait()
    env.close()
    return workspace


def measure(task: str, episodes: int) -> dict[str, Any]:
    """Record, replay and compare; the row of one task."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = record(Path(folder) / "replays", task, episodes)
        found = [Episode.read(path, images=False) for path in workspace.episodes()]
        results = [verify(episode) for episode in found]
        summaries = [episode.summary for episode in found]
        return {
            "task": task,
            "episodes": len(found),
            "identical": sum(result.identical for result in results),
            "max_state_error": max(result.max_state_error for result in results),
            "steps": sum(result.steps for result in results),
            "takeovers": sum(summary.takeovers for summary in summaries),
            "rewound": sum(bool(episode.abandoned) for episode in found),
            "successes": sum(summary.success for summary in summaries),
        }


def main() -> None:
    """Measure and print JSON."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--episodes", type=int, default=20, help="of each task")
    parser.add_argument("--tasks", nargs="*", default=list(JOBS), choices=list(JOBS))
    options = parser.parse_args()
    rows = [measure(task, options.episodes) for task in options.tasks]
    print(json.dumps(rows, indent=1))
    sys.exit(any(row["identical"] < row["episodes"] for row in rows))


if __name__ == "__main__":
    main()
