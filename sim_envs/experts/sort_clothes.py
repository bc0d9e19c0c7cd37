"""SortClothesExpert closes on a garment's node, lifts until it hangs free, carries, lets go."""

import numpy as np

from ..environment import ArmEnv
from ..garments import Cloth
from ..gripper import PANDA
from ..rotations import STRAIGHT_DOWN_RAD, Vector, tilted_quat
from ..tasks.clothes_scene import BIN, BOXES, HAMPERS
from ..tasks.sort_clothes import SortClothes
from ..world import Pose
from .expert import Expert, ExpertTarget
from .garment_grasps import Nodes, choose_node, choose_yaw, half_turn, yaw_of

LOWEST_IN_BOX_M = 0.0215
"""The finger tips just clear the floor of a box, and the palm its walls."""
BELOW_NODE_M = 0.006
STAND_OFF_M = 0.07
FUNNEL_M = (0.03, 0.14)
"""The end effector may sink only near its grip: free radius, and greatest extra height."""
SINKING_M = 0.03
LINED_UP_M = 0.012
TURNED_RAD = 0.15
AT_NODE_M = 0.004
REACH_DOWN_SPEED = 0.6

OPEN_FINGERS_M = 0.036
FIRM_FINGERS_M = 0.025
LOOSE_SPEED = 0.2
"""Fingers that are still far apart may yet close: the end effector rises slowly."""
CLOSING_M_S = -0.01
HOLD_RADIUS_M = 0.028

CLEAR_M = max(box.height_m for box in BOXES) + 0.03
"""Height that the lowest node of a carried garment has to reach."""
HIGHEST_TOOL_M = 0.44
LIFT_AT_LEAST_M = 0.04
LIFTED_M = 0.14
HANGS_NEAR_M = 0.12
INSIDE_M = 0.025
"""All of a garment is that far within its hamper when it is let go."""
DROP_BACK_M = 0.15
OVER_BIN_M = 0.04
REST_M = 0.30

ATTEMPT_TICKS = 100
"""Most attempts that succeed are shorter."""
ON_HAND_M = 0.20
SHAKE_OFF_RAD = 0.5
"""How far below the horizon the gripper points to let a garment slide off."""


class SortClothesExpert(Expert):
    """Decides from the world alone, so it continues from any state."""

    def next(self, env: ArmEnv) -> ExpertTarget:
        """The target for the world as it is now."""
        task = env.task
        assert isinstance(task, SortClothes)
        nodes = {cloth: cloth.points(env.world) for cloth in task.present}
        tool, arm = env.arm.tool(), env.arm
        if arm.controller.closing:
            if arm.finger_speed() < CLOSING_M_S:
                return ExpertTarget(tool, closing=True)
            held, opening = in_hand(tool, nodes), float(arm.finger_positions().mean())
            if held and opening > PANDA.empty_finger_m:
                return carry(tool, held[0], nodes, opening)
        left = [cloth for cloth in nodes if not task.in_place(cloth, nodes[cloth])]
        if not left:
            away = np.array([*tool.position[:2], REST_M])
            return ExpertTarget(Pose(away, straight_down(tool)), closing=False)
        attempt = env.elapsed // ATTEMPT_TICKS
        cloth, node = choose_node(tool, left, nodes, attempt)
        if nodes[cloth][:, 2].min() > ON_HAND_M:
            return shake_off(tool, HAMPERS[cloth.shade].centre_m)
        grip = np.array([*node[:2], max(node[2] - BELOW_NODE_M, LOWEST_IN_BOX_M)])
        yaw = choose_yaw(tool, grip, np.concatenate([*nodes.values()]), attempt)
        return fetch(tool, float(arm.finger_positions().mean()), grip, yaw)


def in_hand(tool: Pose, nodes: Nodes) -> list[Cloth]:
    """The garments that have a node between the fingers, the nearest first."""
    gaps = {c: float(np.linalg.norm(p - tool.position, axis=1).min()) for c, p in nodes.items()}
    return sorted((c for c in gaps if gaps[c] < HOLD_RADIUS_M), key=gaps.__getitem__)


def fetch(tool: Pose, opening: float, grip: Vector, yaw: float) -> ExpertTarget:
    """Move above a grip [3], wait until the fingers are open, reach down, close."""
    quat = tilted_quat(STRAIGHT_DOWN_RAD, yaw)
    gap = grip - tool.position
    across = float(np.linalg.norm(gap[:2]))
    turned = abs(half_turn(yaw - yaw_of(tool))) < TURNED_RAD
    if turned and opening > OPEN_FINGERS_M:
        if across < LINED_UP_M and abs(gap[2]) < AT_NODE_M:
            return ExpertTarget(Pose(grip, quat), closing=True)
        if across < LINED_UP_M or (across < 2 * LINED_UP_M and -gap[2] < STAND_OFF_M):
            return ExpertTarget(Pose(grip, quat), closing=False, speed=REACH_DOWN_SPEED)
    free, most = FUNNEL_M
    height = grip[2] + STAND_OFF_M + min(max(across - free, 0.0), most)
    if tool.position[2] < height - SINKING_M:
        rise = np.array([*tool.position[:2], height])
        return ExpertTarget(Pose(rise, straight_down(tool)), closing=False)
    return ExpertTarget(Pose(np.array([*grip[:2], height]), quat), closing=False)


def shake_off(tool: Pose, over_m: tuple[float, float]) -> ExpertTarget:
    """Tilt an open gripper on which a garment lies, above the place where it belongs."""
    over = np.array([*over_m, REST_M])
    yaw = float(np.arctan2(tool.position[1], tool.position[0]))
    return ExpertTarget(Pose(over, tilted_quat(SHAKE_OFF_RAD, yaw)), closing=False)


def carry(tool: Pose, cloth: Cloth, nodes: Nodes, opening: float) -> ExpertTarget:
    """Lift the held garment until it hangs free, bring it over its hamper, let go."""
    near = [c for c in nodes if c is cloth or hangs_along(tool, nodes[c])]
    lifted = np.concatenate([nodes[c] for c in near])
    quat = straight_down(tool)
    if any(c.shade != cloth.shade for c in near):
        back = np.array([*BIN.centre_m, DROP_BACK_M])
        over = bool(np.linalg.norm(tool.position[:2] - back[:2]) < OVER_BIN_M)
        return ExpertTarget(Pose(back, quat), closing=not over)
    lift = CLEAR_M - float(lifted[:, 2].min())
    if lift > 0.015 and tool.position[2] < HIGHEST_TOOL_M - 0.02:
        height = min(tool.position[2] + max(lift, LIFT_AT_LEAST_M), HIGHEST_TOOL_M)
        speed = 1.0 if opening < FIRM_FINGERS_M else LOOSE_SPEED
        return ExpertTarget(Pose(np.array([*tool.position[:2], height]), quat), True, speed)
    hamper = HAMPERS[cloth.shade]
    middle = (lifted[:, :2].min(0) + lifted[:, :2].max(0)) / 2
    over_m = tool.position[:2] + hamper.centre_m - middle
    room = np.array(hamper.half_m) - INSIDE_M
    inside = bool(np.all(np.abs(lifted[:, :2] - hamper.centre_m) < room))
    goal = np.array([*over_m, tool.position[2] + lift])
    return ExpertTarget(Pose(goal, quat), closing=not inside)


def hangs_along(tool: Pose, points: Vector) -> bool:
    """Whether another garment, with nodes at `points` [nodes, 3], was lifted along."""
    aside = np.linalg.norm(points[:, :2].mean(0) - tool.position[:2])
    return bool(points[:, 2].max() > LIFTED_M and aside < HANGS_NEAR_M)


def straight_down(tool: Pose) -> Vector:
    """Orientation xyzw [4] of an end effector that points down, with the yaw of `tool`."""
    return tilted_quat(STRAIGHT_DOWN_RAD, yaw_of(tool))
