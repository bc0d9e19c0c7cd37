"""This benchmark kills a recording process at random times, and counts lost data (none expected).

    python -m benchmarks.kill_recording --kills 1000 [--kill-recovery] [--image-size 16]

Each run records episodes as fast as it can in its own process, conversion in the background
included, reports finished episodes and appended steps through a pipe, and is killed by SIGKILL at
a random time; then the workspace is recovered, in a process that may be killed as well. Processes
are forked, so that the time goes into kills and not into starting Python. It prints JSON.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.workspace import Workspace
from tests.synthetic import made_up_header, made_up_steps

STEPS_PER_EPISODE = 25
TICK_S = 0.001
LONGEST_S = 0.5
"""A run is killed within this time after its first step; that is several short episodes, so that
many kills hit a conversion."""
LONGEST_RECOVERY_S = 0.1


@dataclass
class Report:
    """Counts over all kills."""

    runs: int = 0
    finished_episodes: int = 0
    """Episodes that had been reported as durable."""
    finished_lost: int = 0
    unreadable: int = 0
    worst_steps_lost: int = 0
    """Most steps lost of an episode that was running, or converting, at a kill."""
    problems: list[str] = field(default_factory=list)


def record_for_ever(path: Path, pipe: int) -> None:
    """Record episodes and report progress through the pipe, unbuffered, until killed."""
    workspace = Workspace.open(path)
    steps = made_up_steps([0] * STEPS_PER_EPISODE, image_size=workspace.config.image_size)

    def say(*words: object) -> None:
        os.write(pipe, (" ".join(map(str, words)) + "\n").encode())

    with Recorder(workspace) as recorder:
        while True:
            name = recorder.start(made_up_header())
            for number, step in enumerate(steps, 1):
                recorder.append(step)
                say("appended", name, number)
                time.sleep(TICK_S)
            recorder.wait()  # for the episode before this one
            done = recorder.finish(None, None, success=True)
            done.add_done_callback(lambda future: say("durable", future.result().stem))


def recover(path: Path, pipe: int) -> None:
    """Recover a workspace, after reporting the start through the pipe."""
    os.write(pipe, b"recovering\n")
    Workspace.open(path).recover()


def killed_after(work: Callable[[Path, int], None], path: Path, seconds: float) -> str:
    """Run `work` in a process, kill it some time after its first line; all lines it wrote."""
    source, pipe = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work(path, pipe)
        finally:
            os._exit(0)
    os.close(pipe)
    with os.fdopen(source, "rb") as said:
        first = said.readline()
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        rest = said.read()
    os.waitpid(child, 0)
    return (first + rest).decode()


def one_kill(path: Path, seconds: float, recovery_seconds: float | None, report: Report) -> None:
    """Record, kill, recover, and count."""
    said = killed_after(record_for_ever, path, seconds)
    appended: dict[str, int] = {}
    durable: set[str] = set()
    for line in said.splitlines():
        words = line.split()
        if words[0] == "appended" and len(words) == 3:
            appended[words[1]] = int(words[2])
        elif words[0] == "durable":
            durable.add(words[1])
    if recovery_seconds is not None:
        killed_after(recover, path, recovery_seconds)
    workspace = Workspace.open(path)
    found = check(workspace, repair=True)
    report.runs += 1
    report.finished_episodes += len(durable)
    report.unreadable += len(found.damaged)
    report.problems += [f"{problem.file}: {problem.reason}" for problem in found.damaged]
    kept = {summary.id: summary.steps for summary in workspace.summaries()}
    report.finished_lost += len(durable - kept.keys())
    lost = [steps - kept.get(name, 0) for name, steps in appended.items()]
    report.worst_steps_lost = max([report.worst_steps_lost, *lost])


def main() -> int:
    """Kill as often as asked, print the report as JSON; 0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kill-recovery", action="store_true", help="kill the recovery as well")
    parser.add_argument("--image-size", type=int, default=96, help="pixels; fewer are faster")
    parser.add_argument("--longest", type=float, default=LONGEST_S, help="seconds until a kill")
    asked = parser.parse_args()
    config = WorkspaceConfig("ShelfPick", image_size=asked.image_size)
    chance, report = random.Random(asked.seed), Report()
    for number in range(asked.kills):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "workspace"
            Workspace.create(path, config)
            recovery = chance.uniform(0, LONGEST_RECOVERY_S) if asked.kill_recovery else None
            one_kill(path, chance.uniform(0, asked.longest), recovery, report)
        if number % 50 == 49:
            print(f"{number + 1} kills: {report}", file=sys.stderr)
    print(json.dumps(asdict(report), indent=1))
    return int(bool(report.finished_lost or report.unreadable or report.worst_steps_lost > 1))


if __name__ == "__main__":
    sys.exit(main())
