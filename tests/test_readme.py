"""These tests hold the README to its length, and run what it shows."""

import re
import subprocess
import sys
from pathlib import Path

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.station.headless import drive_simulated

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_LINES, MOST_CLIP_BYTES = 150, 3 * 2**20


def test_it_can_be_read_in_five_minutes() -> None:
    """What is longer stands in docs/."""
    assert len(README.splitlines()) <= MOST_LINES


def test_its_pictures_are_there_and_small() -> None:
    """The moving picture of a takeover is one that a slow line can load."""
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert "docs/takeover.gif" in shown
    assert all((ROOT / name).stat().st_size < MOST_CLIP_BYTES for name in shown)


def test_its_python_runs(tmp_path: Path) -> None:
    """As it stands there, beside a workspace `shelf`."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len(code.splitlines()) <= 18
    workspace = Workspace.create(tmp_path / "shelf", WorkspaceConfig("ShelfPick", image_size=16))
    drive_simulated(workspace, Level.DEMONSTRATE, range(1))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    camera, batch = done.stdout.splitlines()
    assert camera == "(96, 96, 3) reach"
    assert "'actions': (3, 16, 7)" in batch
