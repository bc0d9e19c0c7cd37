"""This test serves a fleet of four by a virtual pad, at a real window under Xvfb, end to end."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pygame
import pytest

from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_a_pad_serves_four_arms_at_a_real_window(
    display: str, taught: Path, tmp_path: Path
) -> None:
    """Start goes to the next caller, the clutch takes it, sticks drive it, all is on the disk."""
    folder, pictures = shutil.copytree(taught, tmp_path / "ws"), tmp_path / "pictures"
    pictures.mkdir()
    before = len(Workspace.open(folder).summaries())
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SDL_")}
    settings = {"DISPLAY": display, "SIDESTICK_CONFIG_DIR": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.fleet_window", folder, "--pictures", pictures]
    command += ["--seconds", 500, "--answers", 4]
    done = subprocess.run(
        [str(word) for word in command],
        env={**kept, **settings},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=700,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    report = figures["report"]
    assert report["arms"] == 4
    assert report["answered"] == 4
    assert report["switches"] >= 2
    assert report["driving_s"] > 2.0
    assert min(figures["ticks"]) > 0
    workspace = Workspace.open(folder)
    new = [s for s in workspace.summaries() if s.header.level is Level.ON_CALL]
    assert len(new) >= 4
    assert len(workspace.summaries()) == before + len(new)
    assert sum(s.takeovers for s in new) >= 3
    (shift,) = Database(workspace.db_path).events(EventKind.SHIFT)
    assert shift.payload["answered"] == report["answered"]
    for name in ("wall", "caller", "driving"):
        picture = pygame.image.load(str(pictures / f"{name}.png"))
        assert pygame.surfarray.array3d(picture).std() > 30
