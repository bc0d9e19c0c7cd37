"""This module defines fixed and wrist cameras, and the views that renderers draw.

Tasks list cameras in `camera_plan`; `view(arm)` gives a CameraView, which projects points.
"""

from dataclasses import dataclass, replace

import numpy as np

from .arm import Arm
from .rotations import Vector, matrix_from_quat, quat_from_rotvec

Triple = tuple[float, float, float]

UP: Triple = (0.0, 0.0, 1.0)
HEADING: Triple = (1.0, 0.0, 0.0)


@dataclass(frozen=True)
class CameraView:
    """Pose and lens of a camera at one moment: all that a renderer needs of it."""

    eye: Vector
    """Metres in the base frame, [3]."""
    target: Vector
    """A point on the optical axis, metres in the base frame, [3]."""
    up: Vector
    """Upwards in the picture, [3]."""
    fov_deg: float
    """Vertical field of view, degrees."""
    near_m: float
    """Nothing nearer than this is drawn."""
    far_m: float
    """Nothing farther than this is drawn."""

    def axes(self) -> tuple[Vector, Vector, Vector]:
        """Unit vectors [3] to the right, down and forward of the picture, in the base frame."""
        forward = self.target - self.eye
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, self.up)
        right = right / np.linalg.norm(right)
        return right, np.cross(forward, right), forward

    def project(self, points: Vector) -> Vector:
        """Picture coordinates of points [N, 3]: x right and y down in [-1, 1], and depth [m]."""
        right, down, forward = self.axes()
        offset = np.atleast_2d(points) - self.eye
        depth = offset @ forward
        scale = 1.0 / (np.tan(np.radians(self.fov_deg) / 2) * np.maximum(depth, 1e-6))
        return np.column_stack([offset @ right * scale, offset @ down * scale, depth])


@dataclass(frozen=True)
class CameraShift:
    """Offset of a camera from its planned pose, in the frame that the pose is given in."""

    move_m: Triple
    turn_rad: Triple
    """A rotation vector, about the eye."""

    def turned(self, vector: Triple) -> Triple:
        """A direction after the turn."""
        x, y, z = (matrix_from_quat(quat_from_rotvec(self.turn_rad)) @ vector).tolist()
        return x, y, z


@dataclass(frozen=True)
class _Placed:
    """Pose and field of view, which cameras of every kind have."""

    eye: Triple
    target: Triple
    fov_deg: float

    def _shifted(self, shift: CameraShift) -> tuple[Triple, Triple]:
        """Eye and target after a shift."""
        (x, y, z), move = self.eye, shift.move_m
        eye = (x + move[0], y + move[1], z + move[2])
        u, v, w = shift.turned((self.target[0] - x, self.target[1] - y, self.target[2] - z))
        return eye, (eye[0] + u, eye[1] + v, eye[2] + w)


@dataclass(frozen=True)
class FixedCamera(_Placed):
    """A camera that stands still in the base frame."""

    near_m: float = 0.05
    far_m: float = 4.0
    up: Triple = UP

    def view(self, arm: Arm) -> CameraView:
        """The same view at every moment."""
        return self.fixed_view()

    def fixed_view(self) -> CameraView:
        """The view that needs no arm."""
        eye, target, up = (np.array(v) for v in (self.eye, self.target, self.up))
        return CameraView(eye, target, up, self.fov_deg, self.near_m, self.far_m)

    def shifted(self, shift: CameraShift) -> "FixedCamera":
        """The same camera, put up a little differently."""
        eye, target = self._shifted(shift)
        return replace(self, eye=eye, target=target, up=shift.turned(self.up))


@dataclass(frozen=True)
class WristCamera(_Placed):
    """A camera on the gripper, in the end effector's frame (z off the palm, y finger to finger)."""

    near_m: float = 0.01
    far_m: float = 3.0
    up: Triple = HEADING

    def view(self, arm: Arm) -> CameraView:
        """The view at the end effector's measured pose."""
        tool = arm.tool()
        turn = matrix_from_quat(tool.quat)
        eye = tool.position + turn @ np.array(self.eye)
        target = tool.position + turn @ np.array(self.target)
        up = turn @ np.array(self.up)
        return CameraView(eye, target, up, self.fov_deg, self.near_m, self.far_m)

    def shifted(self, shift: CameraShift) -> "WristCamera":
        """The same camera, mounted a little differently."""
        eye, target = self._shifted(shift)
        return replace(self, eye=eye, target=target, up=shift.turned(self.up))


Camera = FixedCamera | WristCamera
