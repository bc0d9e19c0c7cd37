"""These tests open a real window under Xvfb: keys by xdotool, Ctrl-C, a kill, no display."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest

from sidestick.datasets.journal import RecordKind, records
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs import make_task_env
from sidestick.teleop.station.screen.view import open_view
from sidestick.teleop.ui.layout import drive_layout
from tests.graphics import needs_gl
from tests.xdotool import XdotoolKeys, photograph

SCRIPT = """
import sys
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.run import run_station
config = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 1})
workspace = Workspace.open_or_create(sys.argv[1], config)
try:
    options = StationOptions(sound=False, view=sys.argv[2], aids=sys.argv[3:] != ["bare"])
    print(run_station(workspace, Assignment(Level.DEMONSTRATE), options))
except Exception as error:
    print(type(error).__name__, error)
    raise SystemExit(3)
"""
ROOT = Path(__file__).parents[3]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SDL_")}
    kept.pop("DISPLAY", None)
    kept.pop("WAYLAND_DISPLAY", None)
    return {**kept, "SIDESTICK_CONFIG_DIR": str(tmp_path / "config"), "OMP_NUM_THREADS": "1",
            "PYGAME_HIDE_SUPPORT_PROMPT": "1", "SDL_AUDIODRIVER": "dummy", **more}  # fmt: skip


@contextlib.contextmanager
def session_run(tmp_path: Path, *arguments: str, **more: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the window in a process of its own, which ends with the test.

    The arguments are the renderer of the view, else auto, and `bare` for no depth aids.
    """
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "ws"), *(arguments or ["auto"])],
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


def recorded_steps(workspace: Path) -> int:
    """How many steps the one journal holds; none before there is one."""
    found = [np.fromfile(path, np.uint8) for path in (workspace / "journal").glob("*.journal")]
    return sum(record.kind == RecordKind.STEP for data in found for record in records(data))


def start_recording(keys: XdotoolKeys, workspace: Path, steps: int) -> None:
    """Press enter, which begins, and goes on after a stall, until so many steps are recorded."""
    for _ in range(240):
        if recorded_steps(workspace) >= steps:
            return
        keys("key", "Return")
        time.sleep(0.5)
    raise AssertionError(f"{recorded_steps(workspace)} steps after two minutes")


@pytest.mark.slow
def test_an_episode_is_driven_by_real_keys(display: str, tmp_path: Path) -> None:
    """Enter, space and w, 1 and 1 again, as nothing was solved, then ctrl + q: one success."""
    with session_run(tmp_path, DISPLAY=display) as process:
        keys = XdotoolKeys(display, process)
        start_recording(keys, tmp_path / "ws", 1)
        keys("keydown", "space", "keydown", "w")
        time.sleep(2.0)
        keys("keyup", "w", "keyup", "space")
        time.sleep(0.3)
        for _ in range(2):
            keys("key", "1")
            time.sleep(1.0)
        keys("keydown", "Control_L", "key", "q", "keyup", "Control_L")
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        (summary,) = Workspace.open(tmp_path / "ws").summaries()
        assert summary.success, out
        assert summary.human_steps > 5


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_leaves(display: str, tmp_path: Path, number: signal.Signals) -> None:
    """The running episode is on the disk, as incomplete, and the exit is clean."""
    with session_run(tmp_path, DISPLAY=display) as process:
        keys = XdotoolKeys(display, process)
        start_recording(keys, tmp_path / "ws", 10)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        (summary,) = Workspace.open(tmp_path / "ws").summaries()
        assert not summary.complete


@pytest.mark.slow
def test_a_kill_loses_nothing_that_was_driven(display: str, tmp_path: Path) -> None:
    """After SIGKILL the journal is made an episode at the next start."""
    with session_run(tmp_path, DISPLAY=display) as process:
        keys = XdotoolKeys(display, process)
        start_recording(keys, tmp_path / "ws", 10)
        process.kill()
        process.communicate()
        workspace = Workspace.open(tmp_path / "ws")
        assert len(workspace.recover()) == 1
        assert workspace.summaries()[0].steps > 5


def expected(view: str, size: tuple[int, int]) -> np.ndarray:
    """The first scene, drawn here without any window, [height, width, 3]."""
    env = make_task_env("ShelfPick", num_items=1)
    env.reset(seed=0)
    with contextlib.closing(open_view(env, view)) as source:
        shrunk = min(1.0, source.widest / size[0])
        asked = round(size[0] * shrunk), round(size[1] * shrunk)
        picture = source.picture("front", 0, *asked)
        while picture.shape[:2] != asked[::-1]:  # the view process has not drawn yet
            time.sleep(0.1)
            picture = source.picture("front", 0, *asked)
    env.close()
    drawn = pygame.image.frombuffer(np.ascontiguousarray(picture).data, asked, "RGB")
    stretched = pygame.transform.smoothscale(drawn, size)
    return pygame.surfarray.array3d(stretched).swapaxes(0, 1)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of two pictures, in grey levels."""
    return float(np.abs(one.astype(np.float64) - other).mean())


@pytest.mark.slow
@pytest.mark.parametrize("view", [pytest.param("gl", marks=needs_gl), "tiny"])
def test_a_real_window_shows_the_scene(display: str, tmp_path: Path, view: str) -> None:
    """Pixel by pixel, the picture on the screen is what the renderer draws of the scene.

    SDL drew the window with OpenGL once, beside the view's own context: it stayed black.
    """
    with session_run(tmp_path, view, "bare", DISPLAY=display) as process:
        window = XdotoolKeys(display, process).geometry()
        area = drive_layout(*window.size).body
        whole = expected(view, area.size)
        area.move_ip(window.topleft)
        assert whole.std() > 20, "the scene itself is blank"
        for _ in range(120):
            seen = photograph(display)[area.top : area.bottom, area.left : area.right]
            if apart(seen, whole) < 2:
                break
            assert process.poll() is None, process.communicate()
            time.sleep(0.5)
        assert apart(seen, whole) < 2
        assert apart(seen, np.zeros_like(whole)) > 50


def test_without_a_display_the_error_names_headless(tmp_path: Path) -> None:
    """SDL would silently choose a driver that nobody sees."""
    with session_run(tmp_path) as process:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 3
        assert "NoDisplay" in out
        assert "--headless" in out
