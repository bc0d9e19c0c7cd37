"""These tests hold that sticks follow the picture: every task, every camera, every variation."""

from collections.abc import Iterator

import numpy as np
import pytest

from sidestick.sim_envs.cameras import CameraView
from sidestick.sim_envs.domain_randomization import LEVELS
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.making import make_task_env
from sidestick.sim_envs.rotations import Vector
from sidestick.sim_envs.spaces import ACTION_SIZE, TURN
from sidestick.sim_envs.tasks import TASKS
from sidestick.teleop.devices.controls import Control, ControlReadings
from sidestick.teleop.devices.stick_motion import picture_frame

PUSH_M = 0.02


@pytest.fixture(scope="module", params=[(t, v) for t in TASKS for v in LEVELS], ids="-".join)
def env(request: pytest.FixtureRequest) -> Iterator[ArmEnv]:
    task, variation = request.param
    env = make_task_env(task, image_size=16, variation=variation)
    env.reset(seed=3)
    yield env
    env.close()


def views(env: ArmEnv) -> Iterator[tuple[str, CameraView]]:
    """Every camera: with the hand as it begins, then turned and tipped as an operator may."""
    for turn in (np.zeros(3), np.array([0.3, 0.3, -1.0])):
        action = np.zeros(ACTION_SIZE, np.float32)
        action[TURN] = turn
        for _ in range(6):
            env.step(action)
        for name, camera in env.task.cameras.items():
            yield name, camera.view(env.arm)


def seen(view: CameraView, at: Vector, push: Vector) -> Vector:
    """How the tool moves in the picture, right and down [2]."""
    before, after = view.project(np.array([at, at + push]))
    return np.asarray(after[:2] - before[:2])


def test_right_is_right_and_away_is_up(env: ArmEnv) -> None:
    """A push shows in the picture in its own direction; it stays flat on the table."""
    for name, view in views(env):
        frame, at = picture_frame(view), env.arm.tool().position
        across, up = (seen(view, at, PUSH_M * push) for push in (frame.right, frame.away))
        assert across[0] > 3 * abs(across[1]), (name, across)
        assert -up[1] > 1.5 * abs(up[0]), (name, up)
        assert frame.right[2] == frame.away[2] == 0.0


def test_tipping_is_as_seen(env: ArmEnv) -> None:
    """Rolling right takes the hand's top to the right, pitching up takes it towards the viewer."""
    for name, view in views(env):
        frame, at = picture_frame(view), env.arm.tool().position
        for control, axis, sign in ((Control.ROLL_RIGHT, 0, 1), (Control.PITCH_UP, 1, 1)):
            turn = frame.action(ControlReadings({control: 1.0}), 1.0, -1.0)[TURN]
            moved = np.cross(turn, [0.0, 0.0, PUSH_M])  # of a point above the tool
            shift = seen(view, at, moved)
            assert sign * shift[axis] > 1.5 * abs(shift[1 - axis]), (name, control, shift)
