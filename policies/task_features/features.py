"""What the keypoint policy's head reads: short vectors that name each of their numbers."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..perception.keypoints import KEYPOINT_NAMES
from .hand_frame import rotation

Columns = dict[str, NDArray[np.generic]]
"""Observations of many ticks: key -> (N, ...)."""
PROPRIOCEPTION = ("ee_pos", "ee_quat", "gripper_qpos")
"""Observation keys that the robot knows about itself."""
BODY_NAMES = ("ee_x", "ee_y", "ee_z", *(f"rot6d_{i}" for i in range(6)), "gripper_width")


def rotation_6d(quat_xyzw: NDArray[np.floating]) -> NDArray[np.float32]:
    """First two columns of the rotation matrix: (N, 4) unit quaternions to (N, 6).

    Continuous, and the same for q and -q (Zhou 2019, section 4).
    """
    columns = np.swapaxes(rotation(quat_xyzw)[..., :2], -1, -2)
    return columns.reshape(*columns.shape[:-2], 6).astype(np.float32)


def body(columns: Columns) -> NDArray[np.float32]:
    """Hand position (m), rotation and gripper width (m): (N, 10), named by `BODY_NAMES`."""
    width = columns["gripper_qpos"].sum(axis=-1, keepdims=True)
    rotation = rotation_6d(columns["ee_quat"].astype(np.float64))
    parts = (columns["ee_pos"], rotation, width)
    return np.concatenate(parts, axis=-1, dtype=np.float32)


@dataclass(frozen=True)
class GoalItem:
    """The keypoint of the goal item in each camera, and the body: 18 numbers for two cameras."""

    name: ClassVar[str] = "goal-item"
    augmentation: ClassVar[None] = None
    """The features are given in pictures: what moves the hand changes them in unknown ways."""
    used: ClassVar[int] = 4
    """Of a keypoint's numbers: things on a shelf stand upright, their elongation says nothing."""

    def names(self, cameras: tuple[str, ...]) -> tuple[str, ...]:
        """The name of each number."""
        seen = (f"{camera}_{name}" for camera in cameras for name in KEYPOINT_NAMES[: self.used])
        return (*seen, *BODY_NAMES)

    def __call__(self, keypoints: NDArray[np.float32], columns: Columns) -> NDArray[np.float32]:
        """keypoints (N, cameras, K, 6) and observation columns to (N, 4 * cameras + 10)."""
        goal = 1 + columns["goal"].argmax(-1)  # class 0 is background
        item = keypoints[np.arange(len(goal)), :, goal, : self.used]  # (N, cameras, 4)
        return np.concatenate((item.reshape(len(goal), -1), body(columns)), axis=-1)
