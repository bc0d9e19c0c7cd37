"""SortClothes' expert: reach down on a high node, close, lift until it hangs free, carry, drop."""

from collections.abc import Sequence

import numpy as np

from ..environment import ArmEnv
from ..furniture import Bin
from ..garments import Cloth
from ..rotations import Vector, matrix_from_quat, tilted_hand
from ..tasks.sort_clothes import BIN, DOWN_RAD, HAMPERS, SortClothes
from ..world import Pose
from .intent import Expert, Intent

LOWEST_TOOL_M = 0.0215
BELOW_NODE_M = 0.006
ABOVE_NODE_M = 0.07
LINED_UP_M = 0.012
IN_HAND_Z_M = 0.004
CLOSING_M_S = -0.01
HOLD_RADIUS_M = 0.028
FUNNEL = 1.0
FUNNEL_TOP_M = 0.14
EMPTY_FINGERS_M = 0.006
OPEN_FINGERS_M = 0.036
CLEARANCE_M = 0.03
HIGHEST_TOOL_M = 0.44
RIM_M = 0.056
YAWS_RAD = np.linspace(-np.pi / 2, np.pi / 2, 12, endpoint=False)
FINGER_AT_M = 0.0475
FINGER_HALF_M = (0.0105, 0.0075)
DESCENT_SPEED = 0.6


class SortClothesExpert(Expert):
    """Decides from the world alone, so it picks up wherever the hand was left."""

    def next(self, env: ArmEnv) -> Intent:
        """The intent for the world as it is now."""
        task = env.task
        assert isinstance(task, SortClothes)
        points = {cloth: cloth.points(env.world) for cloth in task.present}
        tool = env.arm.tool()
        if env.arm.controller.closing:
            if env.arm.finger_speed() < CLOSING_M_S:
                return Intent(Pose(tool.position, tool.quat), closing=True)
            if env.arm.finger_positions().mean() > EMPTY_FINGERS_M:
                held = in_hand(tool, points)
                if held:
                    return self._carry(tool, held, points)
        todo = [cloth for cloth in task.present if not task.in_place(cloth, points[cloth])]
        if not todo:
            up = np.array([tool.position[0], tool.position[1], 0.3])
            return Intent(Pose(up, tilted_hand(DOWN_RAD, yaw_of(tool.quat))), closing=False)
        return self._fetch(env, tool, todo, points)

    def _fetch(self, env, tool, todo, points) -> Intent:
        cloth, node = choose(todo, points, tool)
        grip = node - np.array([0, 0, BELOW_NODE_M])
        grip[2] = max(grip[2], LOWEST_TOOL_M)
        others = np.concatenate([*points.values()])
        yaw = choose_yaw(grip, others, yaw_of(tool.quat), np.linalg.norm(tool.position-grip) < 0.05)
        quat = tilted_hand(DOWN_RAD, yaw)
        gap = grip - tool.position
        across = float(np.linalg.norm(gap[:2]))
        arm = env.arm
        fingers = arm.finger_positions()
        is_open = fingers.mean() > OPEN_FINGERS_M
        if is_open and across < LINED_UP_M and abs(gap[2]) < IN_HAND_Z_M:
            return Intent(Pose(grip, quat), closing=True)
        if is_open and (across < LINED_UP_M or (across < 2 * LINED_UP_M and -gap[2] < ABOVE_NODE_M)):
            return Intent(Pose(grip, quat), closing=False, speed=DESCENT_SPEED)
        floor = grip[2] + ABOVE_NODE_M + float(np.clip(FUNNEL * (across - 0.03), 0, FUNNEL_TOP_M))
        if tool.position[2] < floor - 0.03:
            rise = np.array([*tool.position[:2], floor])
            return Intent(Pose(rise, tilted_hand(DOWN_RAD, yaw_of(tool.quat))), closing=False)
        return Intent(Pose(np.array([*grip[:2], floor]), quat), closing=False)

    def _carry(self, tool, held, points) -> Intent:
        cloth = held[0]
        hamper = HAMPERS[cloth.shade]
        hanging = [c for c, p in points.items() if c in held or (p[:, 2].max() > 0.14 and np.linalg.norm(p[:, :2].mean(0) - tool.position[:2]) < 0.12)]
        wrong = {c.shade for c in hanging} != {cloth.shade}
        cloud = np.concatenate([points[c] for c in hanging])
        lowest = float(cloud[:, 2].min())
        lift = RIM_M + CLEARANCE_M - lowest
        yaw = yaw_of(tool.quat)
        if wrong and tool.position[2] > 0.2:
            hamper = BIN
            over = np.array([*BIN.centre_m, 0.15])
            near = np.linalg.norm(tool.position[:2]-over[:2]) < 0.04
            return Intent(Pose(over, tilted_hand(DOWN_RAD, yaw)), closing=not near)
        if lift > 0.015 and tool.position[2] < HIGHEST_TOOL_M - 0.02:
            x, y = tool.position[:2]
            rise = np.array([x, y, tool.position[2] + max(lift, 0.04)])
            rise[2] = min(rise[2], HIGHEST_TOOL_M)
            return Intent(Pose(rise, tilted_hand(DOWN_RAD, yaw)), closing=True)
        middle = (cloud[:, :2].min(0) + cloud[:, :2].max(0)) / 2
        over = np.array([*(tool.position[:2] + hamper.centre_m - middle), tool.position[2] + lift])
        inside = bool(np.all(np.abs(cloud[:, :2] - hamper.centre_m) < np.array(hamper.half_m) - 0.03))
        return Intent(Pose(over, tilted_hand(DOWN_RAD, yaw)), closing=not inside)


def in_hand(tool: Pose, points) -> list[Cloth]:
    """The garments between the fingers, the surest first."""
    gaps = {c: float(np.linalg.norm(p - tool.position, axis=1).min()) for c, p in points.items()}
    return sorted((c for c in gaps if gaps[c] < HOLD_RADIUS_M), key=lambda c: gaps[c])


def yaw_of(quat: Vector) -> float:
    """How a hand that looks down is turned, in [-pi/2, pi/2): its fingers are alike."""
    across = matrix_from_quat(quat)[:, 1]
    yaw = float(np.arctan2(across[0], -across[1]))
    return (yaw + np.pi / 2) % np.pi - np.pi / 2


def choose(todo: Sequence[Cloth], points, tool: Pose) -> tuple[Cloth, Vector]:
    """The garment and the point of it to take hold of."""
    best, choice = -np.inf, None
    for cloth in todo:
        mine = points[cloth]
        rest = [p for c, p in points.items() if c is not cloth]
        others = np.concatenate(rest) if rest else np.zeros((0, 3))
        gaps = np.linalg.norm(mine[:, None, :2] - others[None, :, :2], axis=2)
        covered = ((gaps < 0.03) & (others[None, :, 2] > mine[:, None, 2] - 0.01)).sum(1)
        crowd = (gaps < 0.045).sum(1)
        away = np.linalg.norm(mine[:, :2] - tool.position[:2], axis=1)
        low = tool.position[2] < mine[:, 2] + ABOVE_NODE_M + 0.02
        score = mine[:, 2] - 0.015 * crowd - 0.03 * covered - np.where(low, 0.5, 0.05) * away
        score += 0.5 * np.minimum(clearance(mine), 0.05)
        i = int(np.argmax(score))
        if score[i] > best:
            best, choice = float(score[i]), (cloth, mine[i])
    return choice


def clearance(points: Vector) -> Vector:
    """How far points are from the nearest wall, metres [nodes]."""
    gaps = []
    for box in (BIN, *HAMPERS.values()):
        offset = np.abs(points[:, :2] - box.centre_m) - box.half_m
        outside = np.linalg.norm(np.maximum(offset, 0), axis=1)
        gaps.append(np.where(outside > 0, outside, -offset.max(1)))
    return np.min(gaps, axis=0)


def choose_yaw(grip: Vector, points: Vector, now: float, committed: bool) -> float:
    """How to turn the hand: with free room for the fingers, and as it is turned already."""
    best, choice = np.inf, now
    if committed:
        return now
    for yaw in YAWS_RAD:
        cost = 0.3 * abs((yaw - now + np.pi / 2) % np.pi - np.pi / 2)
        across = np.array([np.sin(yaw), -np.cos(yaw)])
        along = np.array([np.cos(yaw), np.sin(yaw)])
        for side in (-1, 1):
            finger = grip[:2] + side * FINGER_AT_M * across
            offset = points[:, :2] - finger
            hit = (np.abs(offset @ across) < FINGER_HALF_M[1] + 0.008) & (np.abs(offset @ along) < FINGER_HALF_M[0] + 0.008)
            cost += 0.5 * float(hit.sum())
            if clearance(finger[None])[0] < 0.02:
                cost += 10.0
        if cost < best:
            best, choice = cost, float(yaw)
    return choice
