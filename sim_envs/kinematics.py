"""This module computes the Franka Panda's forward and inverse kinematics as pure functions.

The arm and the tasks turn joint angles [7] into end-effector poses with it, and back.

Joint frames are Craig's modified Denavit-Hartenberg parameters as published by Franka Emika
("Robot and interface specifications", Denavit-Hartenberg parameters). PyBullet's own null-space
inverse kinematics is biased by millimetres, so damped least squares on numpy is used instead
(Buss 2004, "Introduction to inverse kinematics", section 6).
"""

import numpy as np

from .rotations import Vector, quat_from_matrix, rotvec_between

NUM_JOINTS = 7
LINK_LENGTH_A_M = (0.0, 0.0, 0.0, 0.0825, -0.0825, 0.0, 0.088)
LINK_OFFSET_D_M = (0.333, 0.0, 0.316, 0.0, 0.384, 0.0, 0.0)
LINK_TWIST_RAD = (0.0, -np.pi / 2, np.pi / 2, np.pi / 2, -np.pi / 2, np.pi / 2, np.pi / 2)
FLANGE_M = 0.107
HAND_TURN_RAD = -np.pi / 4
TOOL_M = 0.1034
"""From the Franka Hand's frame to the end effector, the point between the finger tips."""

JOINT_LOW_RAD = np.array([-2.85, -1.74, -2.85, -3.05, -2.85, 0.0, -2.85])
JOINT_HIGH_RAD = np.array([2.85, 1.74, 2.85, -0.07, 2.85, 3.74, 2.85])
REST_RAD = np.array([0.0, -0.6, 0.0, -2.4, 0.0, 2.4, np.pi / 4])

NEXT, AFTER = (1, 2, 0), (2, 0, 1)
"""Cyclic orders of x, y and z."""

DAMPING = 0.03
MAX_JOINT_STEP_RAD = 0.12
NULL_SPACE_DAMPING = 0.002
"""Much smaller: otherwise the pull to rest would shift the end effector by millimetres."""
REST_PULL = 0.1
ITERATIONS = 3


def _static_transforms() -> list[Vector]:
    """The constant part of each joint's transform, before the joint's own rotation."""
    frames = []
    for a, d, twist in zip(LINK_LENGTH_A_M, LINK_OFFSET_D_M, LINK_TWIST_RAD, strict=True):
        c, s = np.cos(twist), np.sin(twist)
        frames.append(
            np.array([[1, 0, 0, a], [0, c, -s, -s * d], [0, s, c, c * d], [0, 0, 0, 1.0]])
        )
    return frames


def _tool_transform() -> Vector:
    c, s = np.cos(HAND_TURN_RAD), np.sin(HAND_TURN_RAD)
    return np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, FLANGE_M + TOOL_M], [0, 0, 0, 1.0]])


STATIC = _static_transforms()
TOOL = _tool_transform()
BASE = np.eye(4)
AT_LIMITS = np.array([1.0, 1.0, 1.0, 0.25, 0.25, 0.25])[:, None]
"""Weights of the pose error when a joint is at its limit: position over orientation."""
DAMPED = np.stack([DAMPING**2 * np.eye(6), NULL_SPACE_DAMPING**2 * np.eye(6)])


def _turns(joints: Vector) -> Vector:
    """Each joint's own rotation, [joints, 4, 4]."""
    turns = np.zeros((len(joints), 4, 4))
    c, s = np.cos(joints), np.sin(joints)
    turns[:, 0, 0], turns[:, 0, 1] = c, -s
    turns[:, 1, 0], turns[:, 1, 1] = s, c
    turns[:, 2, 2] = turns[:, 3, 3] = 1.0
    return turns


def joint_frames(joints: Vector) -> tuple[Vector, Vector]:
    """Frames of the seven joints [7, 4, 4] and of the end effector [4, 4], in the base frame."""
    frames = np.empty((NUM_JOINTS, 4, 4))
    frame = BASE
    for i, (static, turn) in enumerate(zip(STATIC, _turns(joints), strict=True)):
        frames[i] = frame = frame.dot(static).dot(turn)  # half the time of `@`, and the same bits
    return frames, frame.dot(TOOL)


def forward(joints: Vector) -> tuple[Vector, Vector]:
    """End-effector position [3] in metres and orientation xyzw [4] for joint angles [7], rad."""
    tool = joint_frames(joints)[1]
    return tool[:3, 3].copy(), quat_from_matrix(tool[:3, :3])


def jacobian(joints: Vector) -> tuple[Vector, Vector, Vector]:
    """Geometric Jacobian [6, 7] with the end effector's position [3] and orientation xyzw [4]."""
    frames, tool = joint_frames(joints)
    position = tool[:3, 3]
    axes = frames[:, :3, 2]  # joint, xyz
    arms = position - frames[:, :3, 3]
    columns = np.empty((NUM_JOINTS, 6))
    columns[:, :3] = axes[:, NEXT] * arms[:, AFTER] - axes[:, AFTER] * arms[:, NEXT]  # crossed
    columns[:, 3:] = axes
    return columns.T, position.copy(), quat_from_matrix(tool[:3, :3])


def inverse(
    target_pos_m: Vector, target_quat_xyzw: Vector, start: Vector, iterations: int = ITERATIONS
) -> Vector:
    """Joint angles [7] near `start` that bring the end effector to the target, within limits.

    The redundant seventh degree of freedom is pulled softly to REST_RAD in the null space, which
    keeps the elbow near its rest position.
    """
    joints = start.copy()
    for _ in range(iterations):
        matrix, position, quat = jacobian(joints)
        error = np.concatenate([target_pos_m - position, rotvec_between(quat, target_quat_xyzw)])
        step = _joint_step(matrix, error, REST_PULL * (REST_RAD - joints))
        blocked = (joints + step > JOINT_HIGH_RAD) | (joints + step < JOINT_LOW_RAD)
        if blocked.any():  # a joint at its limit must not keep the others from reaching
            free = np.where(blocked, 0.0, matrix) * AT_LIMITS
            stop = np.minimum(np.maximum(joints + step, JOINT_LOW_RAD), JOINT_HIGH_RAD) - joints
            left = error - matrix @ np.where(blocked, stop, 0.0)
            rest = _joint_step(free, left * AT_LIMITS[:, 0], 0.0)
            step = np.where(blocked, stop, rest)
        step = np.minimum(np.maximum(step, -MAX_JOINT_STEP_RAD), MAX_JOINT_STEP_RAD)
        joints = np.minimum(np.maximum(joints + step, JOINT_LOW_RAD), JOINT_HIGH_RAD)
    return joints


def _joint_step(matrix: Vector, error: Vector, pull: Vector | float) -> Vector:
    """The joints' step [7] that reduces an error [6], with `pull` [7] in the null space."""
    sides = np.empty((2, 6, 1))  # of the equations for the error, and for the pull to rest
    pulls = pull + np.zeros(NUM_JOINTS)
    sides[0, :, 0], sides[1, :, 0] = error, matrix @ pulls
    solved, pulled = np.linalg.solve(matrix @ matrix.T + DAMPED, sides)
    return np.asarray(matrix.T @ solved[:, 0] + pulls - matrix.T @ pulled[:, 0])
