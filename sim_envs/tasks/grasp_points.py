"""This module scores how well two fingers can grasp a crumpled garment at each of its nodes.

SortClothes and its expert choose the node with the highest score, metres.
"""

import numpy as np
from numpy.typing import NDArray

from ..gripper import PANDA
from ..rotations import Vector
from .clothes_scene import BOXES

CROWD_M = 0.045
CROWD_COST_M = 0.015
"""A node of another garment so near is as bad as lying that much lower."""
COVER_M = 0.03
COVER_COST_M = 0.03
WALL_M = 0.05
WALL_COST = 0.5
BLOCKED_COST_M = 0.05

YAWS_RAD = np.linspace(-np.pi / 2, np.pi / 2, 12, endpoint=False)
FINGER_TO_WALL_M = 0.017


def grasp_score(points: Vector, others: Vector) -> Vector:
    """Score [nodes], metres: height of a garment's nodes [nodes, 3] less what obstructs a grasp.

    Other garments, whose nodes are `others` [M, 3], and the walls of the boxes do.
    """
    gaps = np.linalg.norm(points[:, None, :2] - others[:, :2], axis=2)  # node, other
    above = others[:, 2] > points[:, None, 2] - 0.01
    ease_m = points[:, 2] - CROWD_COST_M * (gaps < CROWD_M).sum(1)
    ease_m -= COVER_COST_M * ((gaps < COVER_M) & above).sum(1)
    ease_m += WALL_COST * np.minimum(wall_distance(points), WALL_M)
    ease_m -= BLOCKED_COST_M * _blocked_by_walls(points)
    return np.asarray(ease_m)


def _blocked_by_walls(points: Vector) -> NDArray[np.bool_]:
    """Whether at each of points [N, 3] a finger meets a wall at every yaw of the gripper."""
    fingers = points[:, None, None, :2] + np.stack([finger_offsets(yaw) for yaw in YAWS_RAD])
    gaps = wall_distance(fingers.reshape(-1, 2)).reshape(fingers.shape[:-1])  # point, yaw, finger
    return np.asarray(gaps.min(2).max(1) < FINGER_TO_WALL_M)


def finger_offsets(yaw: float) -> Vector:
    """Offsets of the open fingers from the end effector, metres [2, 2]."""
    across = np.array([np.sin(yaw), -np.cos(yaw)])
    return np.outer((-PANDA.finger_at_m, PANDA.finger_at_m), across)  # finger, xy


def wall_distance(points: Vector) -> Vector:
    """Horizontal distance of points [N, 2 or 3] to the nearest wall of a box, metres [N]."""
    gaps = []
    for box in BOXES:
        beyond = np.abs(points[:, :2] - box.centre_m) - box.half_m
        outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
        gaps.append(np.where(outside > 0, outside, -beyond.max(1)))
    return np.asarray(np.min(gaps, axis=0))
