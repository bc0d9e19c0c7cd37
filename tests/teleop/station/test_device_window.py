"""A device of somebody's package at the window: it drives, asks, falls silent, is overridden."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Driver
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.worlds.contract import TaskWorld
from sidestick.sim_envs.worlds.naming import ALLOWED_VARIABLE
from sidestick.teleop.devices.operators import check_driver
from sidestick.teleop.session.command import Command, Request
from sidestick.teleop.station.options import StationOptions
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.workspace_variant import agreed_config
from tests import virtual_pad as vp
from tests.own_packages import blocks, environment, example, install, sidestick
from tests.window_rig import WindowRig
from tests.xdotool import XdotoolKeys

CHASE = "tests.worlds.chase:make"


class Leader:
    """Pushes towards the goal; tests say what it asks for and when it is silent."""

    name = "leader"

    def __init__(self, world: TaskWorld) -> None:
        self._world, self.seeds, self.polls = world, list[int](), 0
        self.requests: frozenset[Request] = frozenset()
        self.alive, self.clutch, self.error = True, True, ""

    def begin(self, seed: int) -> None:
        """A new episode."""
        self.seeds.append(seed)

    def poll(self, driver: Driver) -> Command:
        """Where it stands."""
        self.polls += 1
        if self.error:
            raise ConnectionError(self.error)
        requests, self.requests = self.requests, frozenset()
        return Command(self._world.expert_action(), self.clutch, requests, self.alive)


@pytest.fixture
def rig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_rig: Callable[..., WindowRig]
) -> WindowRig:
    """The window in a stranger's world, with a leader."""
    monkeypatch.setenv(ALLOWED_VARIABLE, CHASE)
    config = agreed_config(tmp_path / "chase", world=CHASE, env_options='{"image_size": 24}')
    return open_rig(config=config, options=StationOptions(device=Leader))


def leader_of(rig: WindowRig) -> Any:
    """The device behind the window's input."""
    return rig.operator_input.inside  # type: ignore[attr-defined]


def test_it_begins_drives_and_is_recorded_under_its_name(rig: WindowRig) -> None:
    """Its own start is heard while nothing moves; its pushes are the human's actions."""
    rig.run(0.5)
    assert (rig.state, rig.steps) == (WindowState.READY, 0)
    leader = leader_of(rig)
    assert 3 <= leader.polls <= 12  # no faster than ticks would come
    leader.requests = frozenset({Request.START})
    rig.run(20.0)
    (path,) = rig.recorder.wait()
    episode = Episode.read(path)
    assert episode.summary.success
    assert episode.summary.header.operator == "leader"
    assert set(episode.driver.tolist()) == {Driver.HUMAN}
    assert leader.seeds[-1] == episode.summary.header.seed + 1


@pytest.mark.parametrize("fault", [pytest.param("alive", marks=pytest.mark.slow), "error"])
def test_a_silent_one_pauses_until_it_is_back(rig: WindowRig, fault: str) -> None:
    """The arm holds still from that tick on, the card says why, and nothing goes on unasked."""
    leader = leader_of(rig)
    rig.tap(vp.START)
    rig.run(0.3)
    assert rig.state is WindowState.RECORDING
    setattr(leader, fault, "the port is gone" if fault == "error" else False)
    rig.run(0.3)
    assert rig.state is WindowState.PAUSED
    assert "leader" in rig.loop.lost
    assert ("the port is gone" in rig.loop.lost) == (fault == "error")
    steps = rig.steps
    assert rig.live.episode.drivers[-1] is Driver.NOBODY
    setattr(leader, fault, "" if fault == "error" else True)
    rig.run(1.0)
    assert (rig.state, rig.steps) == (WindowState.PAUSED, steps)
    leader.requests = frozenset({Request.START})
    rig.run(0.5)
    assert rig.state is WindowState.RECORDING
    assert rig.steps > steps


def test_a_pads_clutch_overrides_it(rig: WindowRig) -> None:
    """Who holds a pad's clutch drives, from that tick on."""
    rig.tap(vp.START)
    rig.run(0.2)
    assert np.abs(rig.live.tick(0.0).step.human_action).max() > 0
    rig.pad.press(vp.LB)
    rig.run(0.1)
    assert np.abs(rig.live.tick(0.0).step.human_action).max() == 0


def test_a_beginner_that_is_simulated_has_no_window() -> None:
    """It drives for measurements alone."""
    with pytest.raises(BadValue, match="it has no window"):
        check_driver("clumsy", headless=False)


@pytest.mark.slow
def test_the_documents_leader_drives_at_a_real_window(display: str, tmp_path: Path) -> None:
    """Installed as a package, started by one key; solved, its episode is saved and it closes."""
    code = {"plotter": example("own-robot.md"), "leader": example("own-device.md")}
    package = install(tmp_path, *blocks("own-device.md", "toml"), **code)
    command = ["drive", "plot", "--env", "own_pack.plotter:make", "--driver", "leader"]
    command += ["--episodes", "1", "--no-sound", "--json"]
    program = [sys.executable, "-m", "sidestick.teleop.cli.main", *command]
    kept = {k: v for k, v in environment(package, tmp_path).items() if not k.startswith("SDL_")}
    with subprocess.Popen(
        program, cwd=tmp_path, env=kept | {"DISPLAY": display}, text=True, stdout=subprocess.PIPE
    ) as process:
        keys = XdotoolKeys(display, process)
        for _ in range(120):
            if process.poll() is not None:
                break
            keys("key", "Return")
            time.sleep(0.5)
        report = json.loads(process.communicate(timeout=60)[0])
    assert (report["episodes"], report["successes"]) == (1, 1)
    listed = json.loads(sidestick(package, tmp_path, "episodes", "plot", "--json").stdout)
    assert {episode["operator"] for episode in listed["episodes"]} == {"leader"}
