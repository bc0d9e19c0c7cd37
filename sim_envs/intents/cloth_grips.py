"""Where to take hold of a crumpled garment, and how to turn the hand for it."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from ..garments import Cloth
from ..rotations import Vector, matrix_from_quat
from ..tasks.laundry import BOXES
from ..world import Pose

Nodes: TypeAlias = Mapping[Cloth, Vector]
"""Where the nodes [nodes, 3] of each garment are."""

CROWD_M = 0.045
CROWD_COST_M = 0.015
"""A node of another garment so near is as bad as lying that much lower."""
COVER_M = 0.03
COVER_COST_M = 0.03
WALL_M = 0.05
WALL_COST = 0.5
AWAY_COST = 0.05
AWAY_COST_WHEN_LOW = 0.5
"""A hand that is down among the clothes stays with what it is about to take."""
LOW_M = 0.09
DOUBT_M = 0.005
"""Every attempt that came to nothing makes another node more tempting."""
MOST_DOUBTS = 4

YAWS_RAD = np.linspace(-np.pi / 2, np.pi / 2, 12, endpoint=False)
DECIDED_M = 0.05
FINGER_AT_M = 0.0475
FINGER_HALF_M = (0.0155, 0.0185)
"""Across and along the hand's opening, with room for a node."""
FINGER_TO_WALL_M = 0.02
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
    mine = nodes[cloth]
    others = np.concatenate([np.empty((0, 3)), *(nodes[c] for c in nodes if c is not cloth)])
    gaps = np.linalg.norm(mine[:, None, :2] - others[:, :2], axis=2)  # mine, other
    above = others[:, 2] > mine[:, None, 2] - 0.01
    away = np.linalg.norm(mine[:, :2] - tool.position[:2], axis=1)
    low = tool.position[2] < mine[:, 2] + LOW_M
    score = mine[:, 2] - np.where(low, AWAY_COST_WHEN_LOW, AWAY_COST) * away
    score -= CROWD_COST_M * (gaps < CROWD_M).sum(1)
    score -= COVER_COST_M * ((gaps < COVER_M) & above).sum(1)
    score += WALL_COST * np.minimum(wall_distance(mine), WALL_M)
    doubt = DOUBT_M * min(attempt, MOST_DOUBTS)
    score += doubt * np.sin(12.9898 * np.arange(len(mine)) + 78.233 * attempt)
    i = int(np.argmax(score))
    return float(score[i]), mine[i]


def wall_distance(points: Vector) -> Vector:
    """How far points [N, 3] are aside of the nearest wall of a box, metres [N]."""
    gaps = []
    for box in BOXES:
        beyond = np.abs(points[:, :2] - box.centre_m) - box.half_m
        outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
        gaps.append(np.where(outside > 0, outside, -beyond.max(1)))
    return np.asarray(np.min(gaps, axis=0))


def choose_yaw(tool: Pose, grip: Vector, points: Vector) -> float:
    """How to turn the hand for a grip [3]: free room for the fingers, and little turning."""
    now = yaw_of(tool)
    if np.linalg.norm(tool.position - grip) < DECIDED_M:
        return now
    costs = [_yaw_cost(float(yaw), now, grip, points) for yaw in YAWS_RAD]
    return float(YAWS_RAD[int(np.argmin(costs))])


def _yaw_cost(yaw: float, now: float, grip: Vector, points: Vector) -> float:
    """Turning, nodes under the fingers, and fingers that would come down on a wall."""
    across = np.array([np.sin(yaw), -np.cos(yaw)])
    along = np.array([np.cos(yaw), np.sin(yaw)])
    fingers = grip[:2] + np.outer((-FINGER_AT_M, FINGER_AT_M), across)  # finger, xy
    offsets = points[:, :2] - fingers[:, None]
    half_across, half_along = FINGER_HALF_M
    under = (np.abs(offsets @ across) < half_across) & (np.abs(offsets @ along) < half_along)
    hits = int((wall_distance(fingers) < FINGER_TO_WALL_M).sum())
    turn = TURN_COST * abs(_half_turn(yaw - now))
    return turn + UNDER_FINGER_COST * int(under.sum()) + WALL_HIT_COST * hits


def yaw_of(tool: Pose) -> float:
    """How a hand that looks down is turned, in [-pi/2, pi/2): its fingers are alike."""
    across = matrix_from_quat(tool.quat)[:, 1]
    return _half_turn(float(np.arctan2(across[0], -across[1])))


def _half_turn(angle: float) -> float:
    return float((angle + np.pi / 2) % np.pi - np.pi / 2)
