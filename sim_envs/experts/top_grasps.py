"""This module lists an item's grips from straight above, and what would obstruct each.

SortRecyclingExpert passes items with their poses and gets end-effector poses with their costs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..furniture import Bin
from ..gripper import PANDA
from ..items import Item
from ..rotations import STRAIGHT_DOWN_RAD, Vector, matrix_from_quat, tilted_quat
from ..world import Pose

FINGER_KEPT_CLEAR_AT_M = 0.050
"""Distance from the end effector at which room is kept for an open finger, a little outside it."""
FINGER_KEPT_CLEAR_HALF_M = 0.014
"""So far to each side, more than half of a finger's width."""
WIDEST_M = 0.070
LEVEL_COSINE = 0.6
LONG_M = 0.075
SHIFT_M = 0.022
FINGER_SLACK_M = 0.004
SHIFT_COST = 0.4
"""Holding it off its middle is as bad as turning by so many radians."""
PLAIN = ((0, 0),)
"""Hold it by the middle."""
SHIFTED = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
"""By the middle, off it along a long item that lies, or nearer to one finger."""
ROUND_TURNS_RAD = (0.0, np.pi / 4, -np.pi / 4, np.pi / 2)


@dataclass(frozen=True)
class Obstacle:
    """The box around an object that the gripper should not meet."""

    centre_m: Vector
    """Metres, [3]."""
    axes: Vector
    """The box's own axes as columns, [3, 3]."""
    half_m: Vector
    """Half extents along them, [3]."""

    @classmethod
    def of(cls, item: Item, pose: Pose) -> "Obstacle":
        """The box around an item where it lies."""
        axes = matrix_from_quat(pose.quat)
        half = np.array([*item.half_extents_m[:2], item.length_m / 2])
        return cls(pose.position + axes[:, 2] * middle_m(item), axes, half)

    def blocks(self, grip: Pose) -> bool:
        """Whether an open gripper at `grip` would have its palm or a finger in the box."""
        heading = matrix_from_quat(grip.quat)
        reach = np.abs(heading.T @ self.axes) @ self.half_m  # along, across, down
        offset = np.abs(heading.T @ (self.centre_m - grip.position))
        top = self.centre_m[2] + reach[2] - grip.position[2]
        if top > PANDA.palm_m and np.all(offset[:2] < reach[:2] + PANDA.palm_half_m):
            return True
        beside = offset[0] < FINGER_KEPT_CLEAR_HALF_M + reach[0]
        met = abs(offset[1] - FINGER_KEPT_CLEAR_AT_M) < FINGER_KEPT_CLEAR_HALF_M + reach[1]
        return bool(beside and met and top > -PANDA.tip_m)


def middle_m(item: Item) -> float:
    """From an item's origin to the middle of its length."""
    return (item.top_m - item.half_height_m) / 2


def grips(
    item: Item, pose: Pose, shifts: Sequence[tuple[int, int]] = PLAIN
) -> list[tuple[float, Pose]]:
    """Grips of an item: extra cost of each [rad of turning], and the end-effector pose.

    `shifts` are steps off its middle, along it and towards a finger; see PLAIN and SHIFTED.
    """
    axes = matrix_from_quat(pose.quat)
    straight = float(np.arctan2(pose.position[1], pose.position[0]))
    middle = grip_height_m(item, float(axes[2, 2]))
    lies_long = abs(axes[2, 2]) < LEVEL_COSINE and item.length_m > LONG_M
    ways = []
    for turn, width in grip_turns(item, axes, straight):
        quat = tilted_quat(STRAIGHT_DOWN_RAD, straight + turn)
        fingers = matrix_from_quat(quat)[:, 1]
        for along, across in shifts:
            aside = across * max(0.0, (PANDA.opening_m - width) / 2 - FINGER_SLACK_M)
            point = pose.position + fingers * aside
            point = point + axes[:, 2] * (middle + along * SHIFT_M * lies_long)
            point[2] = max(point[2], PANDA.lowest_m)
            ways.append((abs(turn) + SHIFT_COST * (abs(along) + abs(across)), Pose(point, quat)))
    return ways


def grip_height_m(item: Item, upright: float) -> float:
    """Where to hold it along its own axis: by the middle, or as low as the palm allows."""
    if upright > LEVEL_COSINE:
        return max(0.0, item.top_m - PANDA.palm_m)
    if upright < -LEVEL_COSINE:
        return -max(0.0, item.half_height_m - PANDA.palm_m)
    return middle_m(item)


def grip_turns(item: Item, axes: Vector, straight: float) -> list[tuple[float, float]]:
    """Turns from `straight` [rad] to close on two narrow sides, with the width between them."""
    widths = [*(2 * item.half_extents_m[:2]), item.length_m]
    if item.is_round and abs(axes[2, 2]) > LEVEL_COSINE:
        return [(turn, widths[0]) for turn in ROUND_TURNS_RAD]
    sides = [(axes[:, i], width) for i, width in enumerate(widths) if width < WIDEST_M]
    if item.is_round:
        sides = [(np.cross(axes[:, 2], (0.0, 0.0, 1.0)), widths[0]), *sides[2:]]
    level = [side for side in sides if abs(side[0][2]) < LEVEL_COSINE] or sides
    return [(_folded(float(np.arctan2(-a[0], a[1])) - straight), width) for a, width in level]


def _folded(angle: float) -> float:
    """The equivalent turn of a two-fingered gripper in [-pi / 2, pi / 2)."""
    return (angle + np.pi / 2) % np.pi - np.pi / 2


def obstruction(grip: Pose, things: Iterable[Obstacle], bins: Iterable[Bin]) -> int:
    """How many obstacles and bins an open gripper at `grip` would meet."""
    met = sum(obstacle.blocks(grip) for obstacle in things)
    return met + sum(_meets_wall(grip, bin_) for bin_ in bins)


def _meets_wall(grip: Pose, bin_: Bin) -> bool:
    """Whether an open finger would come down on the bin's wall."""
    if grip.position[2] - PANDA.tip_m > bin_.height_m:
        return False
    across = matrix_from_quat(grip.quat)[:2, 1] * FINGER_KEPT_CLEAR_AT_M
    fingers = grip.position[:2] + np.array([[1.0], [-1.0]]) * across  # finger, xy
    beyond = np.abs(fingers - bin_.centre_m) - bin_.half_m
    outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
    from_wall = np.where(outside > 0.0, outside, -beyond.max(axis=1))
    return bool(np.any(from_wall < FINGER_KEPT_CLEAR_HALF_M + bin_.wall_m))
