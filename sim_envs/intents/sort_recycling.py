"""SortRecycling's expert: nearest thing first, from above, into its bin; retries what it drops."""

import numpy as np

from ..arm import Arm
from ..environment import ArmEnv
from ..rotations import Vector, matrix_from_quat, rotvec_between, tilted_hand
from ..tasks.sort_recycling import ITEMS, STRAIGHT_DOWN_RAD, SortRecycling, own_bin
from ..world import Pose, World
from .intent import Expert, Intent

PALM_M = 0.034
"""How far a thing may reach up between the fingers, above the tool's point."""
LOWEST_M = 0.014
CLEAR_M = 0.14
"""Open fingers pass over whatever stands on the table at this height."""
STAND_OFF_M = 0.07
LINED_UP_M = 0.015
NEARLY_M = 0.035
TURNED_RAD = 0.15
IN_HAND_M = 0.012
STILL_IN_HAND_M = 0.035
EMPTY_FINGERS_M = 0.004
CARRY_M = 0.19
RELEASE_M = 0.115
OVER_SPOT_M = 0.03
FALLING_M_S = 0.05
WIDEST_HALF_M = 0.034
LEVEL_COSINE = 0.6
SPOTS_M = ((-0.055, -0.04), (0.055, 0.04), (-0.055, 0.04), (0.055, -0.04))
"""Where in its bin each of four kinds goes, from the bin's middle, so that none lie in a heap."""


class SortRecyclingExpert(Expert):
    """Decides from the world alone, so it picks up wherever the hand was left."""

    def next(self, env: ArmEnv) -> Intent:
        """The intent for the world as it is now."""
        task, world, arm = env.task, env.world, env.arm
        assert isinstance(task, SortRecycling)
        tool = arm.tool()
        held = in_hand(task, arm)
        if held is not None:
            return carry(tool, held, world.pose(held).position)
        left = [name for name in task.unsorted(world) if not is_falling(world, name)]
        if not left:
            return Intent(Pose(tool.position + (0.0, 0.0, 0.05), tool.quat), closing=False)
        return fetch(arm, tool, grasp(left, world, tool))


def in_hand(task: SortRecycling, arm: Arm) -> str | None:
    """The item that the closing fingers hold, or None."""
    if not arm.controller.closing:
        return None
    return next((name for name in task.present if arm.fingers_touching(name) == 2), None)


def is_falling(world: World, name: str) -> bool:
    """Whether it has been let go above its own bin and is on its way."""
    over = own_bin(name).is_under(world.pose(name).position)
    return over and world.speed(name) > FALLING_M_S


def carry(tool: Pose, name: str, item: Vector) -> Intent:
    """Lift it, bring it over its spot in its bin, lower it and let go."""
    spot = drop_spot(name)
    miss = float(np.linalg.norm(spot - item[:2]))
    level = tilted_hand(STRAIGHT_DOWN_RAD)
    if miss < OVER_SPOT_M:
        low = tool.position[2] < RELEASE_M + 0.02
        return Intent(Pose(np.array([*spot, RELEASE_M]), level), closing=not low)
    if tool.position[2] < CARRY_M - 0.04:
        up = np.array([*tool.position[:2], CARRY_M + 0.02])
        return Intent(Pose(up, tool.quat), closing=True)
    return Intent(Pose(np.array([*spot, CARRY_M]), level), closing=True)


def fetch(arm: Arm, tool: Pose, grip: Pose) -> Intent:
    """Pass over to it, line up, reach down, and close around it."""
    gap = grip.position - tool.position
    across = float(np.linalg.norm(gap[:2]))
    distance = float(np.linalg.norm(gap))
    closing = arm.controller.closing
    empty = float(arm.finger_positions().mean()) < EMPTY_FINGERS_M
    if closing and distance < STILL_IN_HAND_M and not empty:
        return Intent(grip, closing=True)
    turned = float(np.linalg.norm(rotvec_between(tool.quat, grip.quat))) < TURNED_RAD
    if not closing and distance < IN_HAND_M and turned:
        return Intent(grip, closing=True)
    above = -float(gap[2])
    if turned and (across < LINED_UP_M or (across < NEARLY_M and above < STAND_OFF_M * 0.8)):
        return Intent(grip, closing=False)
    if across < NEARLY_M:
        pre = grip.position + (0.0, 0.0, STAND_OFF_M)
        return Intent(Pose(pre, grip.quat), closing=False)
    if tool.position[2] < CLEAR_M - 0.02:
        up = np.array([*tool.position[:2], CLEAR_M + 0.02])
        return Intent(Pose(up, grip.quat), closing=False)
    over = np.array([*grip.position[:2], max(CLEAR_M, grip.position[2] + STAND_OFF_M)])
    return Intent(Pose(over, grip.quat), closing=False)


def drop_spot(name: str) -> Vector:
    """Where on the table's plane an item is let go, metres [2]."""
    place = list(ITEMS).index(name) % len(SPOTS_M)
    return np.asarray(np.add(own_bin(name).centre_m, SPOTS_M[place]))


def grasp(names: list[str], world: World, tool: Pose) -> Pose:
    """The tool pose that takes the nearest of the named items, from straight above."""
    poses = {name: world.pose(name) for name in names}
    gaps = {n: np.linalg.norm(pose.position[:2] - tool.position[:2]) for n, pose in poses.items()}
    name = min(gaps, key=gaps.__getitem__)
    pose = poses[name]
    axis = matrix_from_quat(pose.quat)[:, 2]
    position = pose.position + axis * grip_height(name, float(axis[2]))
    position[2] = max(position[2], LOWEST_M)
    return Pose(position, tilted_hand(STRAIGHT_DOWN_RAD, grasp_yaw(name, pose)))


def grip_height(name: str, upright: float) -> float:
    """Where to hold it along its own axis: the palm must not meet what stands up."""
    item = ITEMS[name]
    if upright > LEVEL_COSINE:
        return max(0.0, item.top_m - PALM_M)
    if upright < -LEVEL_COSINE:
        return -max(0.0, item.half_height_m - PALM_M)
    return 0.0


def grasp_yaw(name: str, pose: Pose) -> float:
    """How to turn the hand so that the fingers close on a narrow side, turning least [rad]."""
    straight = float(np.arctan2(pose.position[1], pose.position[0]))
    axes = matrix_from_quat(pose.quat)
    if ITEMS[name].is_round:
        if abs(axes[2, 2]) > LEVEL_COSINE:
            return straight
        return straight + _folded(float(np.arctan2(axes[1, 2], axes[0, 2])) - straight)
    narrow = [i for i in range(3) if ITEMS[name].half_extents_m[i] < WIDEST_HALF_M]
    level = [i for i in narrow if abs(axes[2, i]) < LEVEL_COSINE] or narrow
    turns = [_folded(float(np.arctan2(-axes[0, i], axes[1, i])) - straight) for i in level]
    return straight + min(turns, key=abs)


def _folded(angle: float) -> float:
    """The equal turn of a two-fingered hand in [-pi / 2, pi / 2)."""
    return (angle + np.pi / 2) % np.pi - np.pi / 2
