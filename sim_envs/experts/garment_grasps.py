"""This module chooses where, and at which yaw of the gripper, to grasp a crumpled garment.

SortClothesExpert passes the garments' node positions and gets a node [3] and a yaw [rad].
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from ..garments import Cloth
from ..rotations import Vector, matrix_from_quat
from ..tasks.grasp_points import (
    FINGER_TO_WALL_M,
    YAWS_RAD,
    finger_offsets,
    grasp_score,
    wall_distance,
)
from ..world import Pose

Nodes: TypeAlias = Mapping[Cloth, Vector]
"""Where the nodes [nodes, 3] of each garment are."""

AWAY_COST = 0.05
AWAY_COST_WHEN_LOW = 0.5
"""Higher, so that an end effector down among the clothes keeps to the node that it is nearest."""
LOW_M = 0.09
DOUBT_M = 0.006
"""Noise on a node's score per earlier attempt, so that another grip is tried."""
DOUBT_OF_YAW = 0.15
MOST_DOUBTS = 4

DECIDED_M = 0.05
FINGER_AND_NODE_HALF_M = (0.0155, 0.0185)
"""Half extents of a finger across and along the opening, with room for a node."""
TURN_COST = 0.3
UNDER_FINGER_COST = 0.5
WALL_HIT_COST = 10.0


def choose_node(
    tool: Pose, left: Sequence[Cloth], nodes: Nodes, attempt: int
) -> tuple[Cloth, Vector]:
    """The garment and the node [3] to take: high, near, away from walls and other garments."""
    best = {cloth: _best_node(tool, cloth, nodes, attempt) for cloth in left}
    cloth = max(left, key=lambda cloth: best[cloth][0])
    return cloth, best[cloth][1]


def _best_node(tool: Pose, cloth: Cloth, nodes: Nodes, attempt: int) -> tuple[float, Vector]:
    own = nodes[cloth]
    others = np.concatenate([np.empty((0, 3)), *(nodes[c] for c in nodes if c is not cloth)])
    away = np.linalg.norm(own[:, :2] - tool.position[:2], axis=1)
    low = tool.position[2] < own[:, 2] + LOW_M
    score = grasp_score(own, others) - np.where(low, AWAY_COST_WHEN_LOW, AWAY_COST) * away
    score += DOUBT_M * _retry_noise(len(own), attempt)
    i = int(np.argmax(score))
    return float(score[i]), own[i]


def _retry_noise(number: int, attempt: int) -> Vector:
    """Noise [number] that grows with the attempts and differs each time: no endless repeats."""
    noise = np.sin(12.9898 * np.arange(number) + 78.233 * attempt)
    return np.asarray(min(attempt, MOST_DOUBTS) * noise)


def choose_yaw(tool: Pose, grip: Vector, points: Vector, attempt: int) -> float:
    """Yaw of the gripper [rad] for a grip [3]: free room for the fingers, and little turning."""
    now = yaw_of(tool)
    close = np.linalg.norm(tool.position - grip) < DECIDED_M
    if close and _wall_hits(now, grip) == 0:
        return now
    costs = np.array([_yaw_cost(float(yaw), now, grip, points) for yaw in YAWS_RAD])
    noisy = costs + DOUBT_OF_YAW * _retry_noise(len(costs), attempt)
    return float(YAWS_RAD[int(np.argmin(noisy))])


def _yaw_cost(yaw: float, now: float, grip: Vector, points: Vector) -> float:
    """Cost of a yaw at a grip [3]: turning, `points` [N, 3] under the fingers, wall hits."""
    offsets = points[:, :2] - grip[:2] - finger_offsets(yaw)[:, None]
    across, along = np.array([[np.sin(yaw), -np.cos(yaw)], [np.cos(yaw), np.sin(yaw)]])
    half_across, half_along = FINGER_AND_NODE_HALF_M
    under = (np.abs(offsets @ across) < half_across) & (np.abs(offsets @ along) < half_along)
    cost = TURN_COST * abs(half_turn(yaw - now)) + UNDER_FINGER_COST * int(under.sum())
    return cost + WALL_HIT_COST * _wall_hits(yaw, grip)


def _wall_hits(yaw: float, grip: Vector) -> int:
    """How many fingers would come down on a wall, at a grip [3]."""
    return int((wall_distance(grip[:2] + finger_offsets(yaw)) < FINGER_TO_WALL_M).sum())


def yaw_of(tool: Pose) -> float:
    """Yaw of a gripper that points down, in [-pi/2, pi/2): its fingers are alike."""
    across = matrix_from_quat(tool.quat)[:, 1]
    return half_turn(float(np.arctan2(across[0], -across[1])))


def half_turn(angle: float) -> float:
    """The equivalent yaw in [-pi/2, pi/2) of a gripper whose fingers are alike."""
    return float((angle + np.pi / 2) % np.pi - np.pi / 2)
