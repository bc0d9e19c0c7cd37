"""ShelfPickExpert reaches in, closes, lifts, pulls out, carries and lets go; it retries a miss."""

import numpy as np

from ..environment import ArmEnv
from ..gripper import PANDA
from ..rotations import Vector, matrix_from_quat, tilted_quat
from ..tasks.shelf_pick import EE_TILT_RAD, ITEMS, TOTE, ShelfPick
from ..world import Pose
from .expert import Expert, ExpertTarget

STAND_OFF_M = 0.13
LINED_UP_M = 0.018
CLOSES_ALONG_M = 0.014
"""The gripper closes when it is lined up and this near along its approach."""
STAYS_CLOSED_M = 0.03
LIFT_M = 0.045
CLEAR_OF_SHELF_X_M = 0.50
CARRY_X_M = 0.44
RELEASE_HEIGHT_M = 0.30
OVER_TOTE_M = 0.035
TOO_DEEP_X_M = 0.73
"""From here on the board above leaves no room to lift: drag the item out first."""
REACH_IN_SPEED = 0.6
TABLE_REACH_M = 0.16
TABLE_TILT_RAD = np.radians(80.0)
STEEPEST_YAW_RAD = np.radians(60.0)
TOTE_YAW_RAD = float(np.arctan2(TOTE.centre_m[1], TOTE.centre_m[0]))
LYING_COSINE = 0.6


class ShelfPickExpert(Expert):
    """Decides from the world alone, so it continues from any state."""

    def next(self, env: ArmEnv) -> ExpertTarget:
        """The target for the world as it is now."""
        task = env.task
        assert isinstance(task, ShelfPick)
        item = env.world.pose(task.target)
        tool = env.arm.tool()
        if TOTE.holds(item.position):
            away = np.array([*TOTE.centre_m, RELEASE_HEIGHT_M + 0.06])
            return ExpertTarget(Pose(away, tilted_quat(EE_TILT_RAD, TOTE_YAW_RAD)), closing=False)
        quat = grasp_quat(item)
        grip = item.position + grip_offset(item, ITEMS[task.target].grip_height_m)
        held = env.arm.controller.closing and env.arm.fingers_touching(task.target) == 2
        if held:
            return self._carry(tool, item, task.start_height_m)
        return self._fetch(env, tool, Pose(grip, quat))

    def _fetch(self, env: ArmEnv, tool: Pose, grip: Pose) -> ExpertTarget:
        """Line up in front of the item, reach in, and close around it."""
        forward = matrix_from_quat(grip.quat)[:, 2]
        approach = np.array([1.0, 0.0, 0.0]) if grip.position[2] > TABLE_REACH_M else forward
        gap = grip.position - tool.position
        along = float(gap @ approach)
        across = float(np.linalg.norm(gap - along * approach))
        arm = env.arm
        distance = float(np.linalg.norm(gap))
        empty = float(arm.finger_positions().mean()) < PANDA.empty_finger_m
        if arm.controller.closing and distance < STAYS_CLOSED_M and not empty:
            return ExpertTarget(grip, closing=True, speed=REACH_IN_SPEED)
        if not arm.controller.closing and abs(along) < CLOSES_ALONG_M and across < LINED_UP_M:
            return ExpertTarget(grip, closing=True, speed=REACH_IN_SPEED)
        if across < LINED_UP_M or (across < 2 * LINED_UP_M and along < STAND_OFF_M / 2):
            return ExpertTarget(grip, closing=False, speed=REACH_IN_SPEED)
        pre = grip.position - STAND_OFF_M * approach
        if along < STAND_OFF_M * 0.7:  # beside or behind it: back out before lining up
            pre = tool.position - (STAND_OFF_M - along) * approach
        return ExpertTarget(Pose(pre, grip.quat), closing=False)

    def _carry(self, tool: Pose, item: Pose, start_height: float) -> ExpertTarget:
        """Lift off the board, pull out of the shelf, bring it over the tote and let go."""
        upright = tilted_quat(EE_TILT_RAD, float(np.arctan2(*tool.position[1::-1])))
        on_shelf = item.position[0] > CLEAR_OF_SHELF_X_M
        low = item.position[2] - start_height < LIFT_M * 0.8
        if on_shelf and low and CLEAR_OF_SHELF_X_M + 0.06 < tool.position[0] < TOO_DEEP_X_M:
            lift = tool.position + np.array([0.0, 0.0, LIFT_M])
            return ExpertTarget(Pose(lift, tool.quat), closing=True, speed=REACH_IN_SPEED)
        if on_shelf:
            out = np.array([CARRY_X_M, tool.position[1], tool.position[2]])
            return ExpertTarget(Pose(out, upright), closing=True)
        over = np.array([*TOTE.centre_m, RELEASE_HEIGHT_M])
        miss = float(np.linalg.norm(item.position[:2] - over[:2]))
        if tool.position[2] < RELEASE_HEIGHT_M - 0.06 and miss > TOTE.half_m[0]:
            rise = np.array([*tool.position[:2], RELEASE_HEIGHT_M])
            return ExpertTarget(Pose(rise, upright), closing=True)
        done = miss < OVER_TOTE_M and tool.position[2] < RELEASE_HEIGHT_M + 0.03
        return ExpertTarget(Pose(over, upright), closing=not done)


def grip_offset(item: Pose, height: float) -> Vector:
    """From the item's origin to where to hold it, metres [3] in the base frame."""
    return np.asarray(matrix_from_quat(item.quat)[:, 2] * height)


def grasp_quat(item: Pose) -> Vector:
    """End-effector xyzw [4]: level on the shelf, across an item that lies, down to a table."""
    axis = matrix_from_quat(item.quat)[:, 2]
    lying = abs(axis[2]) < LYING_COSINE
    yaw = 0.0
    if lying:
        heading = axis if axis[0] >= 0 else -axis
        yaw = float(np.arctan2(heading[1], heading[0]))
        yaw = float(np.clip(yaw, -STEEPEST_YAW_RAD, STEEPEST_YAW_RAD))
    tilt = EE_TILT_RAD if item.position[2] > TABLE_REACH_M else TABLE_TILT_RAD
    return tilted_quat(float(tilt), yaw)
