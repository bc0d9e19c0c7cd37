"""This benchmark measures how long recording blocks the control loop and delays durable episodes.

    python -m benchmarks.recording_stall [--episodes 4] [--hz 20]

Two 96x96 cameras at the control rate; each episode is converted to a file while the next is
recorded. Every step computes for a while like a simulator, and is then recorded: only that is
timed. On a busy machine the wall-clock figures depend on other processes: look at the load, or run
it with `chrt -f 10`; the CPU figures hold anywhere. It prints JSON.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.step import Step
from sidestick.datasets.workspace import Workspace
from tests.synthetic import made_up_header, made_up_observation, made_up_steps

STEPS = 200
WORK_S = 0.005
"""Seconds of pure Python before each step, which keep the interpreter busy like a control loop."""


def work() -> None:
    """Keep the interpreter busy."""
    until = time.perf_counter() + WORK_S
    while time.perf_counter() < until:
        pass


def record(
    recorder: Recorder, steps: list[Step], hz: float, stalls: list[tuple[float, float]]
) -> float:
    """Record an episode at a rate; append each stall (wall and CPU, s); the time of its end, s."""
    recorder.start(made_up_header())
    start = time.perf_counter()
    for number, step in enumerate(steps):
        time.sleep(max(0.0, start + number / hz - time.perf_counter()))
        work()
        before = time.perf_counter(), time.thread_time()
        recorder.append(step)
        stalls.append((time.perf_counter() - before[0], time.thread_time() - before[1]))
    return time.perf_counter()


def main() -> int:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=4)
    parser.add_argument("--hz", type=float, default=20.0)
    asked = parser.parse_args()
    steps, last = made_up_steps([0] * STEPS), made_up_observation(np.random.default_rng(0))
    stalls: list[tuple[float, float]] = []
    ends: list[float] = []
    durable: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.create(Path(folder) / "ws", WorkspaceConfig("ShelfPick"))
        with Recorder(workspace) as recorder:
            for _ in range(asked.episodes):
                ended = record(recorder, steps, asked.hz, stalls)
                future = recorder.finish(last, steps[0].state, success=True)
                ends.append(time.perf_counter() - ended)
                future.add_done_callback(
                    lambda _, ended=ended: durable.append(time.perf_counter() - ended)  # type: ignore[misc]
                )
            recorder.wait()
        size = sum(path.stat().st_size for path in workspace.episodes())
    (p50, p50_cpu), (p99, p99_cpu), (worst, _) = np.percentile(stalls, [50, 99, 100], axis=0) * 1e3
    report = {
        "steps": len(stalls),
        "append_ms_p50": round(p50, 3),
        "append_ms_p99": round(p99, 3),
        "append_ms_max": round(worst, 3),
        "append_cpu_ms_p50": round(p50_cpu, 3),
        "append_cpu_ms_p99": round(p99_cpu, 3),
        "finish_ms_max": round(max(ends) * 1e3, 3),
        "end_to_durable_s_median": round(float(np.median(durable)), 3),
        "end_to_durable_s_max": round(max(durable), 3),
        "load_average": os.getloadavg()[0],
        "mib_a_minute": round(size / len(stalls) * asked.hz * 60 / 2**20, 1),
    }
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
