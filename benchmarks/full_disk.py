"""This benchmark fills the disk at every stage of storing an episode, and counts lost data (none).

    sudo python -m benchmarks.full_disk

Each stage runs in a process of its own on a small file system in memory (which takes root to
mount), with one finished episode on it: the disk is filled up, the stage continues, the process
must end by itself. Then the space is freed, the workspace repaired, and everything counted. It
prints JSON.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EffortEntry
from sidestick.datasets.formats.registry import export, import_into
from sidestick.datasets.merge import merge
from sidestick.datasets.recorder import Recorder
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import SidestickError
from tests.synthetic import made_up_header, made_up_observation, made_up_steps

DISK_MIB = 96
STEPS = 60
AT = 40
"""The step after which the disk is full, where it fills during an episode."""
BALLAST = "ballast"
REFUSED = 3
"""Exit code of a stage that reported that it cannot continue."""


def fill(folder: Path, leave: int = 0) -> None:
    """Use up all free space but `leave` bytes."""
    with (folder / BALLAST).open("wb", buffering=0) as file:
        size = 2**20
        while size:
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                size //= 2
        file.truncate(max(0, file.seek(0, os.SEEK_END) - leave))


def record(workspace: Workspace, full: str) -> None:
    """Record an episode; the disk fills up before, during or after it."""
    folder = workspace.path.parent
    with Recorder(workspace) as recorder:
        if full == "start":
            fill(folder)
        recorder.start(made_up_header())
        for number, step in enumerate(made_up_steps([0] * STEPS)):
            if full == "append" and number == AT:
                fill_beyond(recorder, folder)
            recorder.append(step)
        if full == "finish":
            fill_beyond(recorder, folder)
        last, state = made_up_observation(np.random.default_rng(0)), step.state
        if full == "convert":
            fill(folder)
        recorder.finish(last, state, success=True)
        recorder.wait()


def fill_beyond(recorder: Recorder, folder: Path) -> None:
    """Fill the disk and release the running journal's reserved space."""
    running = recorder._running
    assert running is not None
    os.ftruncate(running.journal._fd, running.journal.end)
    fill(folder)


def beside(name: str) -> Callable[[Workspace], object]:
    """A stage that writes a copy next to the workspace."""

    def stage(workspace: Workspace) -> object:
        folder = workspace.path.parent
        fill(folder, leave=100_000)
        if name == "merge":
            return merge([workspace.path], folder / "out")
        return export(workspace, name, folder / "out")

    return stage


def import_back(workspace: Workspace) -> object:
    """Export while there is space, import when there is none."""
    folder = workspace.path.parent
    export(workspace, "robomimic", folder / "kept.hdf5")
    fill(folder, leave=200_000)
    return import_into("robomimic", folder / "kept.hdf5", folder / "out")


def note(workspace: Workspace) -> object:
    """Write to the database on a full disk."""
    fill(workspace.path.parent)
    effort = EffortEntry(0, "demonstration", 1.0, 0.0, 0, 1, {"long": "x" * 100_000})
    return Database(workspace.db_path).add_effort(effort)


def index(workspace: Workspace) -> object:
    """Renew the index on a full disk."""
    fill(workspace.path.parent)
    return workspace.recover()


STAGES: dict[str, Callable[[Workspace], object]] = {
    "start": lambda workspace: record(workspace, "start"),
    "append": lambda workspace: record(workspace, "append"),
    "finish": lambda workspace: record(workspace, "finish"),
    "convert": lambda workspace: record(workspace, "convert"),  # the unused reserve is space enough
    "index": index,
    "database": note,
    "robomimic": beside("robomimic"),
    "lerobot": beside("lerobot"),
    "minari": beside("minari"),
    "merge": beside("merge"),
    "import": import_back,
}
KEPT = {"start": 0, "append": AT, "finish": STEPS, "convert": STEPS}
"""Steps of the episode being recorded that must be there afterwards."""


@contextmanager
def small_disk() -> Iterator[Path]:
    """Mount a file system in memory for the block's duration; its folder."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder], check=True
        )
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def tried(stage: str) -> dict[str, object]:
    """Run a stage on a disk that fills up; what the stage left, as a row of the report."""
    with small_disk() as disk:
        workspace = Workspace.create(disk / "ws", WorkspaceConfig("ShelfPick"))
        record(workspace, "never")
        command = [
            sys.executable,
            "-m",
            "benchmarks.full_disk",
            "--stage",
            stage,
            str(workspace.path),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        half = [path.name for path in disk.glob(".*.tmp")]
        (disk / BALLAST).unlink(missing_ok=True)
        found = check(workspace, repair=True)
        said = done.stderr.strip().splitlines() or [""]
        expected = STEPS + KEPT.get(stage, 0)
        return {
            "stage": stage,
            "exit": done.returncode,
            "said": said[-1].replace(str(disk), "DISK")[:160],
            "steps_lost": expected - found.steps,
            "damaged": [*map(str, found.damaged)],
            "left_over": half,
            "ok": done.returncode in (0, REFUSED)
            and found.ok
            and found.steps == expected
            and not half,
        }


def main() -> int:
    """Run every stage, print the report as JSON; 0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("workspace", type=Path, nargs="?", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stage:
        try:
            STAGES[asked.stage](Workspace.open(asked.workspace))
        except SidestickError as error:
            print(error, file=sys.stderr)
            return REFUSED
        return 0
    report = [tried(stage) for stage in STAGES]
    print(json.dumps(report, indent=1))
    return int(not all(row["ok"] for row in report))


if __name__ == "__main__":
    sys.exit(main())
