"""This module holds the features of tasks with one goal item, and those of the robot's state.

`KeypointVision` calls it with keypoints and observation columns; a short vector comes out.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..perception.keypoints import KEYPOINT_NAMES
from .hand_frame import rotation

Columns = dict[str, NDArray[np.generic]]
"""Observations of N ticks: key -> (N, ...)."""
PROPRIOCEPTION = ("ee_pos", "ee_quat", "gripper_qpos")
"""Observation keys of the robot's own state."""
BODY_NAMES = ("ee_x", "ee_y", "ee_z", *(f"rot6d_{i}" for i in range(6)), "gripper_width")


def rotation_6d(quat_xyzw: NDArray[np.floating]) -> NDArray[np.float32]:
    """First two columns of the rotation matrix: (N, 4) unit quaternions to (N, 6).

    Continuous, and the same for q and -q (Zhou 2019, section 4).
    """
    columns = np.swapaxes(rotation(quat_xyzw)[..., :2], -1, -2)
    return columns.reshape(*columns.shape[:-2], 6).astype(np.float32)


def body(columns: Columns) -> NDArray[np.float32]:
    """End effector position (m), rotation and gripper width (m): (N, 10), named by `BODY_NAMES`."""
    width = columns["gripper_qpos"].sum(axis=-1, keepdims=True)
    rotation = rotation_6d(columns["ee_quat"].astype(np.float64))
    parts = (columns["ee_pos"], rotation, width)
    return np.concatenate(parts, axis=-1, dtype=np.float32)


@dataclass(frozen=True)
class GoalItem:
    """The goal item's keypoint in each camera and the robot's state: 18 numbers for two cameras."""

    name: ClassVar[str] = "goal-item"
    augmentation: ClassVar[None] = None
    """None: how picture coordinates change with the end effector's position is not known."""
    used: ClassVar[int] = 4
    """How many of a keypoint's numbers are read: items on a shelf stand upright, so elongation says
    nothing."""

    def names(self, cameras: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the features."""
        seen = (f"{camera}_{name}" for camera in cameras for name in KEYPOINT_NAMES[: self.used])
        return (*seen, *BODY_NAMES)

    def __call__(self, keypoints: NDArray[np.float32], columns: Columns) -> NDArray[np.float32]:
        """keypoints (N, cameras, K, 6) and observation columns to (N, 4 * cameras + 10)."""
        goal = 1 + columns["goal"].argmax(-1)  # class 0 is background
        item = keypoints[np.arange(len(goal)), :, goal, : self.used]  # (N, cameras, 4)
        return np.concatenate((item.reshape(len(goal), -1), body(columns)), axis=-1)
