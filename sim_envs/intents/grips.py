"""Grips from straight above: how an item can be taken, and what would be in the hand's way."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..furniture import Bin
from ..items import Item
from ..rotations import STRAIGHT_DOWN_RAD, Vector, matrix_from_quat, tilted_hand
from ..world import Pose

PALM_M = 0.034
"""How far a thing may reach up between the fingers, above the tool's point."""
PALM_HALF_M = (0.035, 0.105)
"""Half of the palm's size along the hand's heading and along the way of the fingers."""
FINGER_AT_M = 0.050
"""From the tool's point to the middle of an open finger."""
FINGER_HALF_M = 0.014
FINGER_TIP_M = 0.009
"""How far the fingers reach beyond the tool's point."""
LOWEST_M = 0.014
WIDEST_M = 0.070
LEVEL_COSINE = 0.6
LONG_M = 0.075
SHIFT_M = 0.022
SHIFT_COST = 20.0
"""Holding it a metre off its middle would be as bad as so many radians of turning."""
ROUND_TURNS_RAD = (0.0, np.pi / 4, -np.pi / 4, np.pi / 2)


@dataclass(frozen=True)
class Obstacle:
    """The box around something that the hand should not meet."""

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
        """Whether an open hand at `grip` would put its palm or a finger into the box."""
        heading = matrix_from_quat(grip.quat)
        reach = np.abs(heading.T @ self.axes) @ self.half_m  # along, across, down
        offset = np.abs(heading.T @ (self.centre_m - grip.position))
        top = self.centre_m[2] + reach[2] - grip.position[2]
        if top > PALM_M and np.all(offset[:2] < reach[:2] + PALM_HALF_M):
            return True
        beside = offset[0] < FINGER_HALF_M + reach[0]
        met = abs(offset[1] - FINGER_AT_M) < FINGER_HALF_M + reach[1]
        return bool(beside and met and top > -FINGER_TIP_M)


def middle_m(item: Item) -> float:
    """From an item's origin to the middle of its length."""
    return (item.top_m - item.half_height_m) / 2


def grips(item: Item, pose: Pose) -> list[tuple[float, Pose]]:
    """Ways to take an item: what each costs beside the best [rad of turning], and the tool pose."""
    axes = matrix_from_quat(pose.quat)
    straight = float(np.arctan2(pose.position[1], pose.position[0]))
    return [
        (abs(turn) + extra, Pose(point, tilted_hand(STRAIGHT_DOWN_RAD, straight + turn)))
        for extra, point in grip_points(item, pose.position, axes[:, 2])
        for turn in grip_turns(item, axes, straight)
    ]


def grip_points(item: Item, origin: Vector, axis: Vector) -> list[tuple[float, Vector]]:
    """Where to hold it, each with its cost: low when it stands, about the middle when it lies."""
    shifts: tuple[float, ...] = (0.0,)
    along = middle_m(item)
    if axis[2] > LEVEL_COSINE:
        along = max(0.0, item.top_m - PALM_M)
    elif axis[2] < -LEVEL_COSINE:
        along = -max(0.0, item.half_height_m - PALM_M)
    elif item.length_m > LONG_M:
        shifts = (0.0, SHIFT_M, -SHIFT_M)
    points = [(abs(shift) * SHIFT_COST, origin + axis * (along + shift)) for shift in shifts]
    return [(cost, np.array([x, y, max(z, LOWEST_M)])) for cost, (x, y, z) in points]


def grip_turns(item: Item, axes: Vector, straight: float) -> list[float]:
    """Turns from `straight` [rad] with which the fingers close on two narrow sides."""
    if item.is_round and abs(axes[2, 2]) > LEVEL_COSINE:
        return list(ROUND_TURNS_RAD)
    widths = [*(2 * item.half_extents_m[:2]), item.length_m]
    sides = [axes[:, i] for i in range(3) if widths[i] < WIDEST_M]
    if item.is_round:
        sides = [np.cross(axes[:, 2], (0.0, 0.0, 1.0)), *sides[2:]]
    level = [side for side in sides if abs(side[2]) < LEVEL_COSINE] or sides
    return [_folded(float(np.arctan2(-side[0], side[1])) - straight) for side in level]


def _folded(angle: float) -> float:
    """The equal turn of a two-fingered hand in [-pi / 2, pi / 2)."""
    return (angle + np.pi / 2) % np.pi - np.pi / 2


def obstruction(grip: Pose, things: Iterable[Obstacle], bins: Iterable[Bin]) -> int:
    """How many things and bins an open hand at `grip` would meet."""
    met = sum(thing.blocks(grip) for thing in things)
    return met + sum(_meets_wall(grip, bin_) for bin_ in bins)


def _meets_wall(grip: Pose, bin_: Bin) -> bool:
    """Whether an open finger would come down on the bin's wall."""
    if grip.position[2] - FINGER_TIP_M > bin_.height_m:
        return False
    across = matrix_from_quat(grip.quat)[:2, 1] * FINGER_AT_M
    fingers = grip.position[:2] + np.array([[1.0], [-1.0]]) * across  # finger, xy
    beyond = np.abs(fingers - bin_.centre_m) - bin_.half_m
    outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
    from_wall = np.where(outside > 0.0, outside, -beyond.max(axis=1))
    return bool(np.any(from_wall < FINGER_HALF_M + bin_.wall_m))
