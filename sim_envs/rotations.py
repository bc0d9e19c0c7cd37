"""This module converts and composes rotations: quaternions xyzw, matrices, rotation vectors."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector: TypeAlias = NDArray[np.float64]

TINY_ANGLE_RAD = 1e-9
STRAIGHT_DOWN_RAD = np.pi / 2
"""The tilt of an end effector that points at the table."""


def length(vector: Vector) -> float:
    """Euclidean length of a vector [n]; a third of np.linalg.norm's time, and the same bits."""
    return math.sqrt(vector.dot(vector))


def quat_from_rotvec(rotvec: ArrayLike) -> Vector:
    """Quaternion xyzw [4] of a rotation vector [3] in radians."""
    vector = np.asarray(rotvec, np.float64)
    angle = length(vector)
    if angle < TINY_ANGLE_RAD:
        return np.array([*(vector / 2), 1.0])
    return np.array([*(vector / angle * np.sin(angle / 2)), np.cos(angle / 2)])


def quat_multiply(left: ArrayLike, right: ArrayLike) -> Vector:
    """Quaternion of the rotation `right` followed by `left`, xyzw [4]."""
    x1, y1, z1, w1 = np.asarray(left, np.float64).tolist()  # floats: arithmetic is in Python
    x2, y2, z2, w2 = np.asarray(right, np.float64).tolist()
    return np.array(
        [
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
        ]
    )


def quat_inverse(quat_xyzw: ArrayLike) -> Vector:
    """Inverse of a unit quaternion xyzw [4]."""
    x, y, z, w = np.asarray(quat_xyzw, np.float64).tolist()
    return np.array([-x, -y, -z, w])


def normalised(quat_xyzw: ArrayLike) -> Vector:
    """The unit quaternion [4] with w >= 0, so that equal rotations compare equal."""
    quat = np.asarray(quat_xyzw, np.float64)
    quat = quat / length(quat)
    return -quat if quat[3] < 0 else quat


def rotvec_between(start: ArrayLike, end: ArrayLike) -> Vector:
    """The shortest rotation vector [3], in radians and the base frame, from `start` to `end`."""
    quat = normalised(quat_multiply(end, quat_inverse(start)))
    sine = length(quat[:3])
    if sine < TINY_ANGLE_RAD:
        return 2.0 * quat[:3]
    return np.asarray(quat[:3] / sine * 2.0 * np.arctan2(sine, quat[3]))


def matrix_from_quat(quat_xyzw: ArrayLike) -> Vector:
    """Rotation matrix [3, 3] of a unit quaternion xyzw [4]."""
    x, y, z, w = np.asarray(quat_xyzw, np.float64).tolist()
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def quat_from_matrix(matrix: ArrayLike) -> Vector:
    """Unit quaternion xyzw [4] of a rotation matrix [3, 3] (Shepperd's method)."""
    m = np.asarray(matrix, np.float64).tolist()
    trace = m[0][0] + m[1][1] + m[2][2]
    sizes = [m[0][0], m[1][1], m[2][2], trace]
    choice = sizes.index(max(sizes))
    quat = [0.0] * 4
    if choice == 3:
        quat[3] = 1 + trace
        quat[:3] = m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]
    else:
        i, j, k = choice, (choice + 1) % 3, (choice + 2) % 3
        quat[i] = 1 - trace + 2 * m[i][i]
        quat[j] = m[j][i] + m[i][j]
        quat[k] = m[k][i] + m[i][k]
        quat[3] = m[k][j] - m[j][k]
    return normalised(quat)


def quat_from_axes(forward: ArrayLike, left: ArrayLike) -> Vector:
    """Orientation xyzw [4] whose z axis points `forward` and whose y axis is nearest to `left`."""
    z = np.asarray(forward, np.float64) / np.linalg.norm(forward)
    y = np.asarray(left, np.float64)
    y = y - z * float(y @ z)
    y = y / np.linalg.norm(y)
    return quat_from_matrix(np.column_stack([np.cross(y, z), y, z]))


def tilted_quat(tilt_rad: float, yaw_rad: float = 0.0) -> Vector:
    """Orientation xyzw [4] of an end effector pointing forward, `tilt_rad` below the horizon."""
    flat = np.cos(tilt_rad)
    forward = (flat * np.cos(yaw_rad), flat * np.sin(yaw_rad), -np.sin(tilt_rad))
    return quat_from_axes(forward, (np.sin(yaw_rad), -np.cos(yaw_rad), 0.0))
