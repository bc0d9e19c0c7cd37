"""This module holds SortClothes' bin and two hampers, and samples how garments lie and hang."""

import numpy as np

from ..furniture import Bin
from ..garments import GARMENTS, Cloth
from ..rotations import (
    STRAIGHT_DOWN_RAD,
    Vector,
    matrix_from_quat,
    quat_from_matrix,
    quat_from_rotvec,
    quat_multiply,
    tilted_quat,
)
from ..world import Pose, World

SUNK_M = 0.05
"""Cloth that a finger presses on the floor of a box must not end up below the table."""
BIN = Bin("bin", (0.50, 0.0), (0.17, 0.19), 0.05, (0.50, 0.47, 0.58), sunk_m=SUNK_M)
HAMPERS = {
    "light": Bin(
        "light hamper", (0.46, 0.325), (0.16, 0.125), 0.056, (0.96, 0.95, 0.88), sunk_m=SUNK_M
    ),
    "dark": Bin(
        "dark hamper", (0.46, -0.325), (0.16, 0.125), 0.056, (0.26, 0.27, 0.31), sunk_m=SUNK_M
    ),
}
BOXES = (BIN, *HAMPERS.values())
"""Low enough for a gripper that is 20 cm wide and reaches down to their floors."""
PILE_M = 0.12
"""Garments in a hamper, even those on other garments, are lower than this."""

DROP_FROM_M = 0.05
LAYER_M = 0.11
"""Difference of the heights from which one garment and the next are dropped."""
DROP_AREA_M = (0.05, 0.07)
CREASE_M = 0.004
UPRIGHT_RAD = (0.9, 2.2)

REACH_LOW_M = (0.32, -0.45, 0.03)
REACH_HIGH_M = (0.64, 0.45, 0.36)
HOLDING_ABOVE_M = 0.22


def dropped(kind: str, layer: int, rng: np.random.Generator) -> tuple[Vector, Vector]:
    """Nodes [nodes, 3] of a garment let go above the bin, nearly upright, and their xyzw [4]."""
    roll = quat_from_rotvec((0.0, 0.0, rng.uniform(-np.pi, np.pi)))
    rise = quat_from_rotvec((rng.uniform(*UPRIGHT_RAD), 0.0, 0.0))
    yaw = quat_from_rotvec((0.0, 0.0, rng.uniform(-np.pi, np.pi)))
    turn = quat_multiply(yaw, quat_multiply(rise, roll))
    points = GARMENTS[kind].flat() @ matrix_from_quat(turn).T
    points += rng.uniform(-CREASE_M, CREASE_M, points.shape)
    points[:, :2] += BIN.centre_m + rng.uniform(-1, 1, 2) * DROP_AREA_M
    points[:, 2] += DROP_FROM_M + LAYER_M * layer - points[:, 2].min()
    return points, turn


def shift_to(box: Bin, cloth: Cloth, world: World, rng: np.random.Generator) -> None:
    """Bring a garment to a random place in a box, crumpled as it is."""
    poses = [world.pose(name) for name in cloth.names]
    points = np.array([pose.position for pose in poses])
    turn = quat_from_rotvec((0.0, 0.0, rng.uniform(-np.pi, np.pi)))
    offsets = (points - points.mean(0)) @ matrix_from_quat(turn).T
    room = np.maximum(np.array(box.half_m) - box.wall_m - np.abs(offsets[:, :2]).max(0), 0.0)
    centre = np.array([*(box.centre_m + rng.uniform(-1, 1, 2) * room), points[:, 2].mean()])
    for name, pose, offset in zip(cloth.names, poses, offsets, strict=True):
        world.place(name, centre + offset, quat_multiply(turn, pose.quat))


def hang(cloth: Cloth, tool: Pose, world: World, rng: np.random.Generator) -> None:
    """Put a garment between the fingers by a random end of it, the rest hanging down."""
    flat = GARMENTS[cloth.kind].flat()
    angle = rng.uniform(-np.pi, np.pi)
    up = np.array([np.cos(angle), np.sin(angle), 0.0])
    normal = np.array([0.0, 0.0, 1.0])
    # The cloth's plane goes between the fingers, which close along the end effector's y axis.
    turn = matrix_from_quat(tool.quat) @ np.array([np.cross(up, normal), normal, -up])
    top = flat[np.argmax(flat @ up)]
    points = tool.position + (flat - top) @ turn.T + rng.uniform(-CREASE_M, CREASE_M, flat.shape)
    for name, point in zip(cloth.names, points, strict=True):
        world.place(name, point, quat_from_matrix(turn))


def random_reach(near: Vector | None, high: bool, rng: np.random.Generator) -> Pose:
    """An end-effector pose that an episode might visit, above a point [3] if one is given."""
    position = rng.uniform(REACH_LOW_M, REACH_HIGH_M)
    if near is not None:
        position = near + rng.normal(0, 0.025, 3) + (0.0, 0.0, rng.uniform(0.0, 0.15))
        position = np.clip(position, REACH_LOW_M, REACH_HIGH_M)
    if high:
        position[2] = rng.uniform(HOLDING_ABOVE_M, REACH_HIGH_M[2])
    yaw = np.arctan2(position[1], position[0]) * rng.uniform(0, 1) + rng.uniform(-1.4, 1.4)
    return Pose(position, tilted_quat(STRAIGHT_DOWN_RAD + rng.normal(0, 0.04), float(yaw)))
