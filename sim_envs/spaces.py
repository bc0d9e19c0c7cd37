"""This module defines what every environment takes and gives: 7-d action, observation dictionary.

The other packages read shapes, names and scales of actions and observations here.
"""

from typing import TypeAlias

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from .errors import BadAction

CONTROL_HZ = 20
"""Control ticks a second; one action each."""
IMAGE_SIZE = 96
"""Height and width of the recorded images, pixels."""
CAMERAS = ("front", "wrist")
"""The cameras that a task records where it names no others; their images are the observation keys
`<camera>_image`."""
FRONT = CAMERAS[0]
"""The camera through which people look at a scene first."""
ACTION_NAMES = ("dx", "dy", "dz", "drx", "dry", "drz", "grip")
"""robosuite's convention, in the frame of the robot's base; grip -1 opens and +1 closes."""
ACTION_SIZE = len(ACTION_NAMES)
MOVE, TURN, GRIP = slice(0, 3), slice(3, 6), 6
"""Indices of an action's translation, rotation and gripper."""
MOTION = slice(0, 6)
"""Indices of translation and rotation together."""
METRES_PER_UNIT = 0.015
"""How far the end effector's target moves in one tick at a translation of 1."""
RADIANS_PER_UNIT = 0.06
"""How far the end effector's target turns in one tick at a rotation of 1."""

Action: TypeAlias = NDArray[np.float32]
Image: TypeAlias = NDArray[np.uint8]
Observation: TypeAlias = dict[str, NDArray[np.generic]]

JOINT_LOW = np.array([-2.9671, -1.8326, -2.9671, -3.1416, -2.9671, -0.0873, -2.9671], np.float32)
JOINT_HIGH = np.array([2.9671, 1.8326, 2.9671, 0.0, 2.9671, 3.8223, 2.9671], np.float32)
JOINT_SLACK = 0.1
WORKSPACE_HALF_M = 2.0
FINGER_TRAVEL_M = 0.05


def action_space() -> gym.spaces.Box:
    """The action space, float32[7] in [-1, 1]."""
    return gym.spaces.Box(-1.0, 1.0, (ACTION_SIZE,), np.float32)


def observation_space(
    num_goals: int, image_size: int = IMAGE_SIZE, cameras: tuple[str, ...] = CAMERAS
) -> gym.spaces.Dict:
    """The observation space of a task with `num_goals` items that an instruction can name."""
    image = (image_size, image_size, 3)
    spaces: dict[str, gym.Space[NDArray[np.generic]]] = {
        f"{camera}_image": gym.spaces.Box(0, 255, image, np.uint8) for camera in cameras
    }
    spaces["joint_pos"] = gym.spaces.Box(  # rad
        JOINT_LOW - JOINT_SLACK, JOINT_HIGH + JOINT_SLACK, (7,), np.float32
    )
    spaces["ee_pos"] = gym.spaces.Box(-WORKSPACE_HALF_M, WORKSPACE_HALF_M, (3,), np.float32)  # m
    spaces["ee_quat"] = gym.spaces.Box(-1.0, 1.0, (4,), np.float32)  # xyzw
    spaces["gripper_qpos"] = gym.spaces.Box(-0.01, FINGER_TRAVEL_M, (2,), np.float32)  # m
    spaces["goal"] = gym.spaces.Box(0.0, 1.0, (num_goals,), np.float32)
    return gym.spaces.Dict(spaces)


def checked_action(action: object) -> Action:
    """Return `action` as float32[7] within [-1, 1]; raise BadAction on another shape or NaN."""
    try:
        array = np.asarray(action, dtype=np.float32)
    except (TypeError, ValueError):
        raise BadAction(
            f"action: expected float32[{ACTION_SIZE}] in [-1, 1], got {action!r}"
        ) from None
    if array.shape != (ACTION_SIZE,):
        raise BadAction(f"action: expected shape ({ACTION_SIZE},), got {array.shape}")
    if not np.isfinite(array).all():
        bad = [name for name, ok in zip(ACTION_NAMES, np.isfinite(array), strict=True) if not ok]
        raise BadAction(f"action: expected finite values, got {array.tolist()} ({', '.join(bad)})")
    return np.minimum(np.maximum(array, np.float32(-1.0)), np.float32(1.0))
