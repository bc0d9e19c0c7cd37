"""A real window under Xvfb: keys by xdotool, Ctrl-C, a kill, no display at all."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidestick.datasets.workspace import Workspace
from tests.xdotool import Hand

SITTING = """
import sys
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.desk import SeatOptions
from sidestick.teleop.sitting import run_seat
config = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 1})
workspace = Workspace.open_or_create(sys.argv[1], config)
try:
    print(run_seat(workspace, SeatOptions(sound=False)))
except Exception as error:
    print(type(error).__name__, error)
    raise SystemExit(3)
"""
ROOT = Path(__file__).parents[1]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SDL_")}
    kept.pop("DISPLAY", None)
    kept.pop("WAYLAND_DISPLAY", None)
    return {**kept, "SIDESTICK_CONFIG_DIR": str(tmp_path / "config"), "OMP_NUM_THREADS": "1",
            "PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_AUDIODRIVER": "dummy", **more}  # fmt: skip


@contextlib.contextmanager
def sitting(tmp_path: Path, **more: str) -> Iterator["subprocess.Popen[str]"]:
    """The seat in a process of its own, which ends with the test."""
    with subprocess.Popen(
        [sys.executable, "-c", SITTING, str(tmp_path / "ws")],
        env=environment(tmp_path, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_an_episode_is_driven_by_real_keys(display: str, tmp_path: Path) -> None:
    """Enter, space and w, 1, then ctrl + q: one successful episode with human steps."""
    with sitting(tmp_path, DISPLAY=display) as process:
        hand = Hand(display, process)
        time.sleep(1.5)
        hand("key", "Return")
        time.sleep(0.5)
        hand("keydown", "space", "keydown", "w")
        time.sleep(2.0)
        hand("keyup", "w", "keyup", "space")
        time.sleep(0.3)
        hand("key", "1")
        time.sleep(1.0)
        hand("keydown", "Control_L", "key", "q", "keyup", "Control_L")
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        (summary,) = Workspace.open(tmp_path / "ws").summaries()
        assert summary.success, out
        assert summary.human_steps > 5


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_leaves(display: str, tmp_path: Path, number: signal.Signals) -> None:
    """The running episode is on the disk, as incomplete, and the exit is clean."""
    with sitting(tmp_path, DISPLAY=display) as process:
        hand = Hand(display, process)
        time.sleep(1.5)
        hand("key", "Return")
        time.sleep(2.0)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        (summary,) = Workspace.open(tmp_path / "ws").summaries()
        assert not summary.complete


@pytest.mark.slow
def test_a_kill_loses_nothing_that_was_driven(display: str, tmp_path: Path) -> None:
    """After SIGKILL the journal is made an episode at the next start."""
    with sitting(tmp_path, DISPLAY=display) as process:
        hand = Hand(display, process)
        time.sleep(1.5)
        hand("key", "Return")
        time.sleep(2.0)
        process.kill()
        process.communicate()
        workspace = Workspace.open(tmp_path / "ws")
        assert len(workspace.recover()) == 1
        assert workspace.summaries()[0].steps > 5


def test_without_a_display_the_error_names_headless(tmp_path: Path) -> None:
    """SDL would silently choose a driver that nobody sees."""
    with sitting(tmp_path) as process:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 3
        assert "NoDisplay" in out
        assert "--headless" in out
