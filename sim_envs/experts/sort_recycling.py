"""SortRecyclingExpert takes the nearest item from above to its bin, and retries what it drops."""

from collections.abc import Sequence

import numpy as np

from ..arm import Arm
from ..environment import ArmEnv
from ..rotations import STRAIGHT_DOWN_RAD, Vector, rotvec_between, tilted_quat
from ..tasks.recycling_items import BINS, ITEMS, own_bin
from ..tasks.sort_recycling import SortRecycling
from ..world import Pose, World
from .expert import Expert, ExpertTarget
from .top_grasps import PLAIN, SHIFTED, Obstacle, grips, obstruction

CLEAR_M = 0.14
"""Open fingers pass over whatever stands on the table at this height."""
STAND_OFF_M = 0.07
LINED_UP_M = 0.015
NEARLY_M = 0.035
TURNED_RAD = 0.15
CLOSES_WITHIN_M = 0.012
"""The gripper closes when the end effector is this near to the grip."""
STAYS_CLOSED_WITHIN_M = 0.035
THINNEST_HALF_M = 0.004
"""Fingers that are nearer to their middle than this hold not even the thinnest item."""
CARRY_M = 0.20
"""A held item passes over whatever stands on the table at this height."""
CARRY_SLACK_M = 0.015
RELEASE_M = 0.115
OVER_SPOT_M = 0.03
FALLING_M_S = 0.05
TURN_COST_M = 0.05
"""A turn of one radian costs as much as this distance."""
BLOCKED_COST_M = 0.5
"""One obstacle costs as much as this distance."""
SPOTS_M = ((-0.055, -0.04), (0.055, 0.04), (-0.055, 0.04), (0.055, -0.04))
"""Where to let go, from the bin's middle, so that items do not lie in a heap."""


class SortRecyclingExpert(Expert):
    """Decides from the world alone, so it continues from any state."""

    def next(self, env: ArmEnv) -> ExpertTarget:
        """The target for the world as it is now."""
        task, world, arm = env.task, env.world, env.arm
        assert isinstance(task, SortRecycling)
        tool = arm.tool()
        held = in_hand(task, arm)
        if held is not None:
            return carry(tool, drop_spot(held, task, world))
        left = [name for name in task.unsorted(world) if not is_falling(world, name)]
        if not left:
            return ExpertTarget(Pose(above(tool.position, STAND_OFF_M), tool.quat), closing=False)
        return fetch(arm, tool, best_grip(left, task.present, world, tool))


def in_hand(task: SortRecycling, arm: Arm) -> str | None:
    """The item that the closing fingers hold, or None."""
    if not arm.controller.closing:
        return None
    return next((name for name in task.present if arm.fingers_touching(name) == 2), None)


def is_falling(world: World, name: str) -> bool:
    """Whether it has been let go above its own bin and is on its way."""
    over = own_bin(name).is_under(world.pose(name).position)
    return over and world.speed(name) > FALLING_M_S


def carry(tool: Pose, spot: Vector) -> ExpertTarget:
    """Lift the held item, bring it over its spot [2] in its bin, lower it and let go."""
    miss = float(np.linalg.norm(spot - tool.position[:2]))
    level = tilted_quat(STRAIGHT_DOWN_RAD)
    if miss < OVER_SPOT_M:
        low = tool.position[2] < RELEASE_M + 0.02
        return ExpertTarget(Pose(np.array([*spot, RELEASE_M]), level), closing=not low)
    if tool.position[2] < CARRY_M - CARRY_SLACK_M:
        up = np.array([*tool.position[:2], CARRY_M + 0.02])
        return ExpertTarget(Pose(up, tool.quat), closing=True)
    return ExpertTarget(Pose(np.array([*spot, CARRY_M]), level), closing=True)


def fetch(arm: Arm, tool: Pose, grip: Pose) -> ExpertTarget:
    """Move above a grip, line up, reach down, and close."""
    gap = grip.position - tool.position
    across = float(np.linalg.norm(gap[:2]))
    distance = float(np.linalg.norm(gap))
    closing = arm.controller.closing
    empty = float(arm.finger_positions().mean()) < THINNEST_HALF_M
    if closing and distance < STAYS_CLOSED_WITHIN_M and not empty:
        return ExpertTarget(grip, closing=True)
    turned = float(np.linalg.norm(rotvec_between(tool.quat, grip.quat))) < TURNED_RAD
    if not closing and distance < CLOSES_WITHIN_M and turned:
        return ExpertTarget(grip, closing=True)
    height = -float(gap[2])
    if turned and (across < LINED_UP_M or (across < NEARLY_M and height < STAND_OFF_M * 0.8)):
        return ExpertTarget(grip, closing=False)
    if across < NEARLY_M:
        return ExpertTarget(Pose(above(grip.position, STAND_OFF_M), grip.quat), closing=False)
    if tool.position[2] < CLEAR_M - 0.02:
        up = np.array([*tool.position[:2], CLEAR_M + 0.02])
        return ExpertTarget(Pose(up, grip.quat), closing=False)
    over = np.array([*grip.position[:2], max(CLEAR_M, grip.position[2] + STAND_OFF_M)])
    return ExpertTarget(Pose(over, grip.quat), closing=False)


def drop_spot(name: str, task: SortRecycling, world: World) -> Vector:
    """The place in its bin farthest from what lies there already, metres [2] on the table."""
    bin_ = own_bin(name)
    spots = np.add(bin_.centre_m, SPOTS_M)  # spot, xy
    others = [world.pose(other).position for other in task.present if other != name]
    taken = [place[:2] for place in others if bin_.is_under(place)]
    if not taken:
        return np.asarray(spots[0])
    gaps = np.linalg.norm(spots[:, None] - np.array(taken), axis=2).min(axis=1)
    return np.asarray(spots[gaps.argmax()])


def above(place: Vector, height: float) -> Vector:
    """The point [3] that is `height` metres above another."""
    return np.asarray(place + np.array([0.0, 0.0, height]))


def best_grip(names: list[str], present: list[str], world: World, tool: Pose) -> Pose:
    """The cheapest grip of any named item: near the end effector, with nothing in the way."""
    obstacles = {name: Obstacle.of(ITEMS[name], world.pose(name)) for name in present}

    def cheapest(shifts: Sequence[tuple[int, int]]) -> tuple[float, Pose]:
        choices = []
        for name in names:
            others = [box for other, box in obstacles.items() if other != name]
            for extra, grip in grips(ITEMS[name], world.pose(name), shifts):
                way = float(np.linalg.norm(grip.position[:2] - tool.position[:2]))
                blocked = BLOCKED_COST_M * obstruction(grip, others, BINS)
                choices.append((blocked, way + TURN_COST_M * extra, grip))
        blocked, way, grip = min(choices, key=lambda choice: choice[0] + choice[1])
        return blocked, grip

    blocked, grip = cheapest(PLAIN)
    return cheapest(SHIFTED)[1] if blocked else grip
