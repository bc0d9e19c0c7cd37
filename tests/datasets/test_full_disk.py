"""These tests fill the disk at every stage: recordings are kept, one message, no crash.

A limit on the file size simulates the full disk, as it needs no privileges; benchmarks/full_disk.py
does the same on a real full file system.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from tests.synthetic import made_up_episode

CODE = """
import os, resource, sys
from pathlib import Path
from sidestick.datasets.database import Database, EffortEntry
from sidestick.datasets.formats.registry import export, import_into
from sidestick.datasets.formats.transfer import ExportOptions
from sidestick.datasets.merge import merge
from sidestick.datasets.recorder import Recorder
from tests.synthetic import made_up_header, made_up_steps
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import SidestickError

steps = made_up_steps([0] * 30)

def limit(size):
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

def record(workspace, stage):
    with Recorder(workspace) as recorder:
        if stage == "start":
            limit(1_000_000)
        recorder.start(made_up_header())
        for number, step in enumerate(steps):
            if stage == "append" and number == 20:
                limit(recorder._running.journal.end + 100)
            recorder.append(step)
        if stage == "convert":
            limit(100_000)
        recorder.finish(None, None, True)
        recorder.wait()

def other(workspace, stage):
    target = workspace.path.with_name("out")
    if stage == "import":
        export(workspace, "robomimic", workspace.path.with_name("kept.hdf5"))
    limit(50_000)
    if stage == "database":
        entry = EffortEntry(0, "x", 1, 0, 0, 1, {"x": "y" * 200_000})
        Database(workspace.db_path).add_effort(entry)
    elif stage == "merge":
        merge([workspace.path], target)
    elif stage == "import":
        import_into("robomimic", workspace.path.with_name("kept.hdf5"), target)
    else:
        export(workspace, stage, target, ExportOptions(images="png"))

def run(folder):
    stage, code = folder.name, 0
    try:
        work = record if stage in ("start", "append", "convert") else other
        work(Workspace.open(folder / "ws 1"), stage)
    except SidestickError as error:
        (folder.parent / f"{stage}.said").write_text(str(error))
        code = 3
    sys.exit(code)

for folder in map(Path, sys.argv[1:]):
    child = os.fork()  # importing everything takes longer than the stage
    if not child:
        run(folder)
    print(folder.name, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
KEPT = {"start": 0, "append": 20, "convert": 30}
"""Steps of the running episode that must survive."""


STAGES = (*KEPT, "database", "robomimic", "lerobot", "minari", "merge", "import")


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, int]]:
    """Run every stage in a process of its own; return its folder and its exit code."""
    folder = tmp_path_factory.mktemp("dísks")
    stem = "20250101T000000-00000000"
    episode = made_up_episode([0] * 20, episode_id=stem)
    for stage in STAGES:
        workspace = Workspace.create(folder / stage / "ws 1", WorkspaceConfig("ShelfPick"))
        episode.write(workspace.episodes_dir / f"{stem}.hdf5")
        workspace.rebuild_index()
    command = [sys.executable, "-c", CODE, *(str(folder / stage) for stage in STAGES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Traceback" not in done.stderr, done.stderr
    codes = dict(line.split() for line in done.stdout.splitlines())
    return {stage: (folder / stage, int(codes[stage])) for stage in STAGES}


@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_loses_nothing_at_any_stage(
    disks: dict[str, tuple[Path, int]], stage: str
) -> None:
    """The process ends by itself with a reason; a repair finds every step that was recorded."""
    if stage == "lerobot":
        pytest.importorskip("pyarrow")
    folder, code = disks[stage]
    assert code == 3
    said = (folder.parent / f"{stage}.said").read_text()
    assert any(word in said for word in ("too large", "full", "room", "disk I/O")), said
    assert not list(folder.glob(".*"))
    report = check(Workspace.open(folder / "ws 1"), repair=True)
    assert report.ok, report.damaged
    assert report.steps == 20 + KEPT.get(stage, 0)
