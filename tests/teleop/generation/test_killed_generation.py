"""A generation that is killed loses nothing recorded, and enters whose repetition it is."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.engines.local import LocalEngine
from sidestick.teleop.generation.generate import generate
from sidestick.teleop.generation.sources import sources_of
from sidestick.teleop.report.ledger import read_ledger
from sidestick.teleop.station.headless import drive_simulated

KILLS = 6


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on(tmp_path: Path) -> None:
    """Six kills, then a run to its end: whole episodes, each entered once, no seed twice."""
    config = WorkspaceConfig("ShelfPick", image_size=16, env_kwargs={"num_items": 2})
    workspace = Workspace.create(tmp_path / "ws", config)
    drive_simulated(workspace, Level.DEMONSTRATE, range(1))
    driven = read_ledger(workspace).total.driven_s
    program = "from sidestick.teleop.cli.main import main; main()"
    words = [sys.executable, "-c", program, "generate", str(workspace.path), "--episodes", "20"]
    kept: set[str] = set()
    for _ in range(KILLS):
        before = _recordings(workspace)
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while _recordings(workspace) == before and process.poll() is None:
            time.sleep(0.02)  # however slow the machine is, it has begun something
        time.sleep(random.uniform(0.0, 4.0))
        process.kill()
        process.wait()
        workspace = Workspace.open(workspace.path)
        workspace.recover()
        found = {summary.id for summary in workspace.summaries() if summary.complete}
        assert kept <= found
        kept = found
    report = generate(workspace, 2, sources_of(workspace), LocalEngine(1))
    assert report.recorded == 2
    made = [s for s in workspace.summaries() if s.header.operator == "generated"]
    assert len(made) > 2, "no kill left anything: they came too early to say something"
    events = Database(workspace.db_path).events(EventKind.GENERATED)
    entered = [event.payload["episode"] for event in events]
    assert {summary.id for summary in made} <= set(entered)
    assert len(entered) == len(set(entered))
    whole = [summary.header.seed for summary in made if summary.complete]
    assert len(whole) == len(set(whole))
    assert check(workspace).damaged == ()
    assert read_ledger(workspace).total.driven_s == driven


def _recordings(workspace: Workspace) -> set[str]:
    """The names of what was begun or recorded."""
    folders = (workspace.journal_dir, workspace.episodes_dir)
    found = {file.name for folder in folders for file in folder.iterdir()}
    return {name for name in found if not name.endswith(".lock")}
