"""This benchmark measures the time of a control tick, and target jumps at a change of driver.

    python -m benchmarks.tick WS --episodes 10

WS is a workspace with a policy, such as runs/demo. The simulated operator supervises it with
recording on, both cameras drawn on every tick and the policy's inference included. It prints one
JSON document: milliseconds of a tick (wall clock and CPU of the process), and for every change of
driver how far the commanded target moved, and how far it then was from the measured end effector.
"""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.store import PolicyStore
from sidestick.sim_envs.environment import ArmEnv
from sidestick.teleop.devices.simulated_operator import SimulatedOperator
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.session.recording import Recording
from sidestick.teleop.session.session import Session
from sidestick.teleop.session.subscriber import EpisodeContext, Subscriber, Tick

FIRST_SEED = 400_000


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    episodes: int = 10
    policy: str | None = None
    """Number of the policy; by default the first, which needs the most help."""


class Stopwatch(Subscriber):
    """Times the ticks, after all other subscribers but the operator."""

    wants_images = True

    def __init__(self) -> None:
        self.wall_ms: list[float] = []
        self.cpu_ms: list[float] = []

    def on_begin(self, context: EpisodeContext) -> None:
        """Start both clocks."""
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def on_tick(self, tick: Tick) -> None:
        """Record the time since the last tick; an unpaced session does nothing else between."""
        wall, cpu = time.perf_counter(), time.process_time()
        self.wall_ms.append((wall - self._wall) * 1e3)
        self.cpu_ms.append((cpu - self._cpu) * 1e3)
        self._wall, self._cpu = wall, cpu


class WatchedReseats:
    """Replaces ArmEnv.reseat and measures its effect."""

    def __init__(self, env: ArmEnv) -> None:
        self._env, self._reseat = env, env.reseat
        self.jumps_mm: list[float] = []
        self.offsets_mm: list[float] = []

    def __call__(self) -> None:
        """Reseat the target, and record how far it moved and how far it then is from the arm."""
        arm = self._env.arm
        before = arm.controller.target_pos.copy()
        self._reseat()
        after = arm.controller.target_pos
        self.jumps_mm.append(float(np.linalg.norm(after - before)) * 1e3)
        self.offsets_mm.append(float(np.linalg.norm(after - arm.tool().position)) * 1e3)


def summary(values: list[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum."""
    array = np.array(values or [float("nan")])
    median, tail = np.percentile(array, [50, 99])
    return {"p50": round(float(median), 3), "p99": round(float(tail), 3), "max": float(array.max())}


def main() -> None:
    """Measure and print JSON."""
    options = tyro.cli(Options, description=__doc__)
    limit_threads()
    source = Workspace.open(options.workspace)
    store = PolicyStore(source.policies_dir)
    policy_id = options.policy or store.ids()[0]
    policy = store.load(policy_id, source.config)
    env = workspace_env(source.config)
    watched, stopwatch = WatchedReseats(env), Stopwatch()
    env.reseat = watched  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.create(Path(folder) / "ws", source.config)
        with Recorder(workspace) as recorder:
            subscribers = [Recording(recorder), stopwatch]
            operator = SimulatedOperator(env, Level.SUPERVISED)
            assignment = Assignment(Level.SUPERVISED, policy_id, PolicyRunner(policy))
            session = Session(env, operator, assignment, subscribers)
            seeds = range(FIRST_SEED, FIRST_SEED + options.episodes)
            outcomes = [session.run_episode(seed) for seed in seeds]
    env.close()
    print(
        json.dumps(
            {
                "policy": policy_id,
                "episodes": len(outcomes),
                "takeovers": sum(outcome.takeovers for outcome in outcomes),
                "ticks": len(stopwatch.wall_ms),
                "tick_wall_ms": summary(stopwatch.wall_ms),
                "tick_cpu_ms": summary(stopwatch.cpu_ms),
                "changes_of_driver": len(watched.jumps_mm),
                "target_jump_mm": summary(watched.jumps_mm),
                "target_to_tool_after_mm": summary(watched.offsets_mm),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
