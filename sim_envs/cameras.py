"""Cameras: where they stand or which link carries them, and what they can see."""

from dataclasses import dataclass

import numpy as np

from .arm import Arm
from .rotations import Vector, matrix_from_quat

UP = (0.0, 0.0, 1.0)


@dataclass(frozen=True)
class View:
    """A camera at one moment: all that a renderer needs to know of it."""

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
        """Unit vectors to the right, down and forward of the picture, in the base frame."""
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
class FixedCamera:
    """A camera that stands still in the base frame."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    fov_deg: float
    near_m: float = 0.05
    far_m: float = 4.0

    def view(self, arm: Arm) -> View:
        """The same view at every moment."""
        eye, target, up = (np.array(v) for v in (self.eye, self.target, UP))
        return View(eye, target, up, self.fov_deg, self.near_m, self.far_m)


@dataclass(frozen=True)
class HandCamera:
    """A camera on the hand, given in the tool's frame (z out of the hand, y the fingers)."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    fov_deg: float
    near_m: float = 0.01
    far_m: float = 3.0

    def view(self, arm: Arm) -> View:
        """The view from where the hand is now."""
        tool = arm.tool()
        turn = matrix_from_quat(tool.quat)
        eye = tool.position + turn @ np.array(self.eye)
        target = tool.position + turn @ np.array(self.target)
        return View(eye, target, turn[:, 0].copy(), self.fov_deg, self.near_m, self.far_m)


Camera = FixedCamera | HandCamera
