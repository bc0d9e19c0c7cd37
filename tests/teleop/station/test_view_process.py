"""These tests check the view process: same scene, never waited for, ends with its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pygame
import pytest

from sidestick.datasets.episode import Episode
from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.renderers.tiny import TinyRenderer
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.station.screen.frame_scheduler import FrameScheduler
from sidestick.teleop.station.screen.prompts import Prompter
from sidestick.teleop.station.screen.view import (
    DirectView,
    ProcessView,
    ViewProcess,
    ViewProcessLost,
    open_view,
)
from sidestick.teleop.station.states import WindowState
from tests import virtual_pad as vp
from tests.window_rig import WindowRig

OpenWindow = Callable[..., WindowRig]
PATIENCE_S = 60.0
PARENT = """
import time
from sidestick.teleop.station.screen.view import ViewProcess
if __name__ == "__main__":
    print(ViewProcess("ShelfPick", {"num_items": 1}).pid, flush=True)
    time.sleep(300)
"""


@pytest.fixture
def env() -> Iterator[ArmEnv]:
    """A scene with one item, drawn by TinyRenderer."""
    env = make_task_env("ShelfPick", num_items=1)
    env.reset(seed=5)
    yield env
    env.close()


def wait_for(done: Callable[[], object]) -> object:
    """The first result that is neither None nor False."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = done()
        if found is not None and found is not False:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[-1][0] != "Z"
    except FileNotFoundError:
        return False


def test_the_view_process_shows_the_scene_as_it_is(env: ArmEnv) -> None:
    """After some steps its picture equals the one that this process draws."""
    for _ in range(5):
        env.step(np.array([1, 0, 0, 0, 0, 0, 1], np.float32))
    view = ViewProcess(env.task_name, env.env_kwargs)
    try:
        view.ask("front", 5, env.state(), 120, 80)
        assert not view.free
        picture = wait_for(view.collect)
        assert view.free
        np.testing.assert_array_equal(picture, env.picture("front", 120, 80))
    finally:
        view.close()
    assert not is_running(view.pid)


def test_asking_never_waits(env: ArmEnv) -> None:
    """The view gives a picture at once, long before its process has started."""
    view = open_view(env, "tiny")
    try:
        began = time.monotonic()
        for _ in range(20):
            assert view.picture("front", 5, 320, 240).shape[2] == 3
        assert time.monotonic() - began < 0.5
    finally:
        view.close()
        view.close()


def test_an_unknown_view_is_refused(env: ArmEnv) -> None:
    """The error names the known views."""
    with pytest.raises(BadValue, match="auto, gl, tiny"):
        open_view(env, "vulkan")


def test_a_killed_view_process_stops_the_loop_and_the_episode_is_kept(
    open_rig: OpenWindow,
) -> None:
    """The error says what happened; leaving afterwards saves what was driven."""
    rig = open_rig()
    view = ProcessView(rig.env)
    surface = pygame.display.set_mode((960, 600))
    frame_scheduler = FrameScheduler(surface, view, Prompter(defaults(DRIVING)))
    try:
        rig.tap(vp.START)
        rig.drive(0.5)
        frame_scheduler.draw(rig.loop)
        os.kill(view.pid, signal.SIGKILL)

        def draw() -> bool:
            frame_scheduler.draw(rig.loop)
            return False

        with pytest.raises(ViewProcessLost, match="what was recorded is kept"):
            wait_for(draw)
    finally:
        view.close()
    rig.close()
    (path,) = rig.recorder.wait()
    assert rig.state is WindowState.CLOSED
    assert Episode.read(path, images=False).summary.steps > 5


def test_the_view_process_ends_with_its_parent() -> None:
    """A killed parent does not close the pipe; the view process notices by itself."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
        parent.wait()
        wait_for(lambda: not is_running(pid))


@pytest.mark.parametrize(("in_software", "wide"), [(True, 800), (False, 3840)])
def test_a_graphics_processor_draws_the_view_at_its_own_size(
    in_software: bool, wide: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The CPU draws at most 800 pixels a line, which are stretched then."""
    monkeypatch.setattr(
        "sidestick.teleop.station.screen.view.draws_in_software", lambda: in_software
    )
    env = make_task_env(image_size=16, num_items=1)
    assert DirectView(env, TinyRenderer()).widest == wide
    env.close()
