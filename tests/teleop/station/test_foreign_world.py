"""A stranger's world at the window and without one: two axes, one picture, no arm of ours."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest

from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Driver, Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.plan import Plan
from sidestick.sim_envs.errors import WorldFailed
from sidestick.sim_envs.worlds.naming import ALLOWED_VARIABLE
from sidestick.teleop.devices.bindings import defaults
from sidestick.teleop.devices.controls import DRIVING
from sidestick.teleop.evaluation.rollout_worker import Rollout, drive
from sidestick.teleop.session.environments import workspace_env
from sidestick.teleop.session.policy_runner import PolicyRunner
from sidestick.teleop.station.headless import RunRules, drive_simulated
from sidestick.teleop.station.screen.frame_scheduler import FrameScheduler
from sidestick.teleop.station.screen.prompts import Prompter
from sidestick.teleop.station.states import WindowState
from sidestick.teleop.workspace_variant import agreed_config
from tests import virtual_pad as vp
from tests.window_rig import WindowRig

NAME = "tests.worlds.chase:make"


@pytest.fixture
def chase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in it."""
    monkeypatch.setenv(ALLOWED_VARIABLE, NAME)
    monkeypatch.setenv("SIDESTICK_CONFIG_DIR", str(tmp_path / "settings"))
    path = tmp_path / "chase"
    return Workspace.create(path, agreed_config(path, world=NAME, env_options='{"image_size": 24}'))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hz": 25}, "rate: expected 10, as the workspace has it, got 25"),
        ({"readings": {"x": ["agent_pos", 0, 1]}}, r"readings: expected .*agent_pos.*got .*'x'"),
        ({"axes": [{"name": "a"}, {"name": "b"}]}, r"action: expected .*'x', 'y'.*got .*'a', 'b'"),
    ],
)
def test_a_world_that_became_another_is_refused(
    chase: Workspace, changed: dict[str, Any], said: str
) -> None:
    """Key, expected, got: nothing is recorded into a workspace of another spec."""
    config = replace(chase.config, env_kwargs=changed)
    with pytest.raises(WorldFailed, match=said):
        workspace_env(config)
    with pytest.raises(WorldFailed, match="belong into another workspace"):
        drive(Rollout(config, "", "0001", 0), chase.path)


class Away:
    """A policy that goes into the corner."""

    chunk, execute = 4, 4

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: dict) -> Plan:
        """Always the same."""
        actions = np.full((4, 2), -1.0, np.float32)
        return Plan(actions, np.zeros_like(actions), 0.0)


def test_it_is_recorded_with_its_spec(chase: Workspace) -> None:
    """The workspace, the file and its arrays have two axes, one reading and one camera."""
    report = drive_simulated(chase, Level.DEMONSTRATE, range(3))
    assert report.successes == 3
    again = Workspace.open(chase.path)
    assert again.config == chase.config
    assert again.config.spec.action.names == ("x", "y")
    assert (again.config.control_hz, again.config.cameras) == (10, ("pixels",))
    for path in again.episodes():
        episode = Episode.read(path)
        assert episode.actions.shape == (len(episode), 2)
        assert episode.observations["pixels_image"].shape[1:] == (24, 24, 3)
        assert set(episode.observations) == {"pixels_image", "agent_pos", "goal"}
        assert episode.summary.header.spec == again.config.spec
        assert episode.summary.success


def test_a_policy_in_it_is_taken_over(chase: Workspace) -> None:
    """The policy strays, the supervisor drives until it is done; both actions are recorded."""
    runner = PolicyRunner(Away(), 2)
    report = drive_simulated(chase, Level.SUPERVISED, [5], "0001", rules=RunRules(), runner=runner)
    assert report.takeovers == 1
    episode = Episode.read(chase.episodes()[0])
    human = episode.driver == Driver.HUMAN
    assert human.any()
    assert (episode.driver == Driver.POLICY).any()
    assert np.isfinite(episode.human_actions[human]).all()
    assert np.isfinite(episode.policy_actions).all()


def test_a_world_that_fails_leaves_its_episode(tmp_path: Path, chase: Workspace) -> None:
    """What was driven until then is kept, as a recording that broke off."""
    path = tmp_path / "hot"
    config = agreed_config(path, world=NAME, env_options='{"fault": "raises"}')
    hot = Workspace.create(path, config)
    with pytest.raises(WorldFailed, match="the motor is hot"):
        drive_simulated(hot, Level.DEMONSTRATE, [0])
    episode = Episode.read(hot.episodes()[0])
    assert (len(episode), episode.summary.complete) == (4, False)


@pytest.fixture
def at_the_window(chase: Workspace, open_rig: Callable[..., WindowRig]) -> WindowRig:
    """The window's loop in it."""
    return open_rig(config=chase.config)


def test_a_pad_drives_it_at_the_window(at_the_window: WindowRig) -> None:
    """The stick moves the dot while the clutch is held; a verdict is saved."""
    rig = at_the_window
    assert rig.state is WindowState.READY
    rig.tap(vp.START)
    assert rig.state is WindowState.RECORDING
    before = np.array(rig.live.episode.observation["agent_pos"])
    rig.drive(1.0)
    moved = rig.live.episode.observation["agent_pos"] - before
    assert np.linalg.norm(moved) > 20
    rig.tap(vp.A)
    rig.tap(vp.A)
    (path,) = rig.recorder.wait()
    episode = Episode.read(path)
    assert episode.summary.success
    assert Driver.HUMAN in episode.driver
    assert np.abs(episode.actions[episode.driver == Driver.HUMAN]).max() > 0.2


def test_it_goes_back_where_it_repeats_an_episode(at_the_window: WindowRig) -> None:
    """A rewind simulates the episode again, up to there."""
    rig = at_the_window
    rig.tap(vp.START)
    rig.drive(4.0)
    steps = rig.steps
    rig.tap(vp.R3)
    assert rig.steps < steps


def test_a_frame_of_it_is_drawn(at_the_window: WindowRig) -> None:
    """The window shows its picture, its stages and its instruction, and no arm of ours."""
    rig = at_the_window
    surface = pygame.display.set_mode((960, 600))
    scheduler = FrameScheduler(surface, None, Prompter(defaults(DRIVING)), rig.time)
    scheduler.draw(rig.loop)
    board = scheduler._dashboard_builder.dashboard(rig.loop, 30.0)
    assert (board.stages, board.aid, board.order) == (("doing", "done"), None, ())
    assert len(np.unique(pygame.surfarray.array3d(surface).reshape(-1, 3), axis=0)) > 5


def test_a_real_arms_scene_is_put_in_order_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_rig: Callable[..., WindowRig]
) -> None:
    """The card asks for it and waits; the episode begins where the arm and the things are then."""
    name, path = "tests.worlds.fake_robot:make", tmp_path / "arm"
    monkeypatch.setenv(ALLOWED_VARIABLE, name)
    options = '{"image_size": 24, "own_process": false}'  # its robot is pushed from here
    rig = open_rig(config=agreed_config(path, world=name, env_options=options))
    surface = pygame.display.set_mode((960, 600))
    scheduler = FrameScheduler(surface, None, Prompter(defaults(DRIVING)), rig.time)
    card = scheduler._dashboard_builder.dashboard(rig.loop, 30.0).card
    assert card is not None
    assert any("Put the scene in order" in line for line in card.lines)
    assert any("stack the cubes" in line for line in card.lines)
    robot = rig.live.env.robot  # type: ignore[attr-defined]
    robot.at = np.array([40.0, 7.0, 0.0])  # pushed aside by the person who tidied up
    rig.run(2.0)
    assert (rig.state, rig.steps) == (WindowState.READY, 0)
    rig.tap(vp.START)
    rig.drive(0.5)
    assert rig.state is WindowState.RECORDING
    assert np.abs(np.array([list(sent.values()) for sent in robot.sent])[:, 0] - 40).max() < 20
    rig.tap(vp.A)
    rig.tap(vp.A)
    (file,) = rig.recorder.wait()
    first = Episode.read(file).observations["joint_pos"][0]
    assert np.allclose(first, [40.0, 7.0, 0.0])
