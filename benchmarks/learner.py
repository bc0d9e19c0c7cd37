"""This benchmark measures whether the control loop keeps its rate while the learner runs beside it.

    SDL_VIDEODRIVER=dummy python -m benchmarks.learner runs/demo --seconds 120

The argument is a workspace with policies and episodes. In a copy with only its first policy, so
that there is much to train on, a supervised session runs in real time at 20 Hz, with two cameras
drawn on every tick, inference and recording: first alone, then with `sidestick learn WS --watch`
as the child process that `sidestick drive --learn` starts. With `--window` the operator's window is
measured as well, the same two ways. It prints one JSON document. The figures are wall-clock times:
nothing else may run.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.json_files import read_json
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.store import PolicyStore
from sidestick.sim_envs.spaces import CONTROL_HZ
from sidestick.teleop.devices.simulated_operator import SimulatedOperator
from sidestick.teleop.learning.active_policy import assignment_of
from sidestick.teleop.learning.background_process import LearnerProcess
from sidestick.teleop.learning.candidate_store import CandidateStore
from sidestick.teleop.learning.gate_pairs import PAIRS
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.pacing import BEHIND_MS, RealTime
from sidestick.teleop.session.recording import Recording
from sidestick.teleop.session.session import Session
from sidestick.teleop.session.subscriber import EpisodeContext, Subscriber, Tick

FIRST_SEED = 400_000
WARM_UP_S = 10.0
"""Seconds after which the learner's imports are over and it trains."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.Positional]
    seconds: float = 120.0
    """Duration of each measurement, s."""
    window: bool = False
    """Measure the operator's window too."""


class Lateness(Subscriber):
    """Records how late ticks begin, and their periods."""

    wants_images = True

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.periods_s: list[float] = []
        self._last: float | None = None

    def on_begin(self, context: EpisodeContext) -> None:
        """Do not count the time between two episodes."""
        self._last = None

    def on_tick(self, tick: Tick) -> None:
        """Record how late a tick began, and how long after the last one."""
        now = time.perf_counter()
        self.late_ms.append(tick.step.late_ms)
        if self._last is not None:
            self.periods_s.append(now - self._last)
        self._last = now


def copy(source: Path, folder: Path) -> Workspace:
    """A workspace with the episodes, the keypoint cache and the first policy of `source`."""
    folder.mkdir()
    shutil.copy(source / "workspace.toml", folder)
    for name in ("episodes", "cache"):
        if (source / name).exists():
            shutil.copytree(source / name, folder / name)
    workspace = Workspace.open(folder)
    workspace.make_folders()
    first = PolicyStore(source / "policies").ids()[0]
    shutil.copytree(source / "policies" / first, workspace.policies_dir / first)
    return workspace


def session(workspace: Workspace, seconds: float) -> dict[str, Any]:
    """Metrics of supervised episodes in real time."""
    env, lateness = workspace_env(workspace.config), Lateness()
    policy = PolicyStore(workspace.policies_dir).ids()[0]
    with Recorder(workspace) as recorder:
        run = Session(
            env,
            SimulatedOperator(env, Level.SUPERVISED),
            assignment_of(workspace, Level.SUPERVISED, policy),
            (Recording(recorder), lateness),
            RealTime(CONTROL_HZ),
        )
        until, seed = time.monotonic() + seconds, FIRST_SEED
        while time.monotonic() < until:
            run.run_episode(seed)
            seed += 1
    env.close()
    late = np.array(lateness.late_ms)
    return {
        "ticks": len(late),
        "hz": round(1 / float(np.mean(lateness.periods_s)), 3),
        "late_over_10ms": round(float(np.mean(late > BEHIND_MS)), 4),
        "late_ms_p50_p99": [round(float(np.percentile(late, q)), 2) for q in (50, 99)],
    }


def at_the_window(workspace: Workspace, seconds: float) -> dict[str, Any]:
    """Metrics of the window, with a policy loaded and a simulated gamepad."""
    from benchmarks.window import measure

    store = PolicyStore(workspace.policies_dir)
    return measure(seconds, store.path(store.ids()[0]), "auto", (1280, 800))


@contextmanager
def learning(workspace: Workspace, facts: dict[str, Any]) -> Iterator[None]:
    """Run the learner during the block; put its CPU use and its gate decisions into `facts`."""
    with LearnerProcess(workspace) as learner:
        time.sleep(WARM_UP_S)
        cpu, began = cpu_s(learner.pid), time.monotonic()
        yield
        spent = time.monotonic() - began
        facts["learner_cores"] = round((cpu_s(learner.pid) - cpu) / spent, 3)
        facts["learner_alive"] = learner.alive
    facts["gate"] = len(Database(workspace.db_path).events(EventKind.GATE))
    staged = CandidateStore(workspace).candidate / PAIRS
    facts["pairs_under_way"] = len(read_json(staged)["pairs"]) if staged.exists() else 0


def cpu_s(pid: int) -> float:
    """CPU time that a process has used, s."""
    parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def both(
    workspace: Workspace, measured: Callable[[Workspace, float], dict[str, Any]], seconds: float
) -> dict[str, Any]:
    """Metrics without the learner, and with it."""
    alone = measured(workspace, seconds)
    facts: dict[str, Any] = {}
    with learning(workspace, facts):
        beside = measured(workspace, seconds)
    return {"alone": alone, "with_learner": {**beside, **facts}}


def main(options: Options) -> None:
    """Measure and print JSON."""
    limit_threads()
    report: dict[str, Any] = {"load_before": os.getloadavg()[0], "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        workspace = copy(options.workspace, Path(folder) / "ws")
        report["session"] = both(workspace, session, options.seconds)
        if options.window:
            report["window"] = both(workspace, at_the_window, options.seconds)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(tyro.cli(Options))
