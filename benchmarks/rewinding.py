"""This benchmark measures a rewind at the window, with copies of the physics and without.

    python -m benchmarks.rewinding [--seconds 20 60] [--presses N]

Both environments are driven by the same pushes, with a mark every half second as the window makes
them; then each goes back two seconds, several times, and must be in the same state to the last bit.
It prints JSON: wall milliseconds of a press, and of a tick with its share of marks, p50 and
largest; CPU milliseconds of a press, all processes together; and the private memory of the
processes that wait, MiB.
"""

import argparse
import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.rewinding.rewindable_env import make_rewindable_env
from sidestick.sim_envs.snapshot import Snapshot
from sidestick.sim_envs.spaces import CONTROL_HZ
from sidestick.sim_envs.tasks import TASKS

MARK_TICKS, BACK_TICKS, SEED = 10, 40, 3


def drive(env: ArmEnv, ticks: int) -> tuple[list[Snapshot], list[float]]:
    """Push about for some ticks; the marks, and what each tick took, ms."""
    rng, action = np.random.default_rng(SEED), np.zeros(7, np.float32)
    marks, took = [], []
    for tick in range(ticks):
        if tick % MARK_TICKS == 0:
            action = rng.uniform(-0.7, 0.7, 7).astype(np.float32)
        began = time.perf_counter()
        if tick % MARK_TICKS == 0:
            marks.append(env.snapshot())
        env.images_due = False
        env.step(action)
        took.append((time.perf_counter() - began) * 1000)
    return marks, took


def presses(env: ArmEnv, marks: list[Snapshot], count: int) -> list[float]:
    """Go back two seconds, `count` times in a row; what each took, ms."""
    took = []
    for press in range(1, count + 1):
        at = max(0, len(marks) - press * BACK_TICKS // MARK_TICKS)
        began = time.perf_counter()
        env.restore(marks[at])
        took.append((time.perf_counter() - began) * 1000)
    return took


def below() -> Iterator[tuple[Path, list[str]]]:
    """Folder and numbers under /proc of each process that was begun below this one."""
    parents = {os.getpid()}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        try:  # a copy has a higher number than its maker
            numbers = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(numbers[1]) in parents:
            parents.add(int(folder.name))
            yield folder, numbers


def waiting_mib() -> float:
    """Private memory of the processes below this one, MiB."""
    total = 0
    for folder, _ in below():
        with contextlib.suppress(OSError):
            lines = (folder / "smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    return total / 1024


def cpu_ms() -> float:
    """What this process and those below it have computed so far; a clock tick is 10 ms or so."""
    ticks = sum(int(numbers[11]) + int(numbers[12]) for _, numbers in below())
    return time.process_time() * 1000 + ticks * 1000 / os.sysconf("SC_CLK_TCK")


def measured(make: Callable[..., ArmEnv], task: str, seconds: int, count: int) -> dict[str, Any]:
    """One environment's figures, and the state at its end under `state`."""
    env = make(task, image_size=96)
    env.reset(seed=SEED)
    marks, ticks = drive(env, seconds * CONTROL_HZ)
    memory = waiting_mib()
    before = cpu_ms()
    took = presses(env, marks, count)
    cpu = cpu_ms() - before
    state = env.state().tobytes()
    env.close()
    return {
        "press_ms": [round(float(np.median(took)), 1), round(max(took), 1)],
        "press_cpu_ms": round(cpu / count, 1),
        "tick_ms": [round(float(np.percentile(ticks, q)), 2) for q in (50, 99)],
        "waiting_mib": round(memory, 1),
        "state": state,
    }


def main() -> None:
    """Measure every task and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, nargs="+", default=[20, 60])
    parser.add_argument("--presses", type=int, default=5)
    args = parser.parse_args()
    for task in TASKS:
        for seconds in args.seconds:
            plain = measured(make_task_env, task, seconds, args.presses)
            copies = measured(make_rewindable_env, task, seconds, args.presses)
            equal = plain.pop("state") == copies.pop("state")
            row = {"task": task, "at_s": seconds, "presses": args.presses, "equal": equal}
            print(json.dumps({**row, "simulated": plain, "copies": copies}), flush=True)


if __name__ == "__main__":
    main()
