"""The compiled shaders, and where the camera and the light are."""

from typing import Any

import numpy as np

from ..cameras import View
from ..engine import pybullet
from ..rotations import Vector
from . import gl_shaders
from .tiny import LIGHT_DIRECTION

FRAMES_BINDING = 0
LIT_CENTRE_M = (0.45, 0.0, 0.32)
LIT_HALF_M = 0.72
"""Shadows are cast within this distance of the centre, as seen from the light."""
LIT_DEPTH_M = 2.0

TO_LIGHT = np.array(LIGHT_DIRECTION) / np.linalg.norm(LIGHT_DIRECTION)


class Programs:
    """One per way of drawing; make and use them while their context is current."""

    def __init__(self, context: Any) -> None:
        self.lit = context.program(gl_shaders.LIT_VERTEX, gl_shaders.LIT_FRAGMENT)
        """Shaded colours."""
        self.label = context.program(gl_shaders.LABEL_VERTEX, gl_shaders.LABEL_FRAGMENT)
        """The number of the frame, plus one."""
        self.depth = context.program(gl_shaders.DEPTH_VERTEX, gl_shaders.DEPTH_FRAGMENT)
        """Distances from the light."""
        self.shrink = context.program(gl_shaders.SHRINK_VERTEX, gl_shaders.SHRINK_FRAGMENT)
        """A picture of half the size."""
        for drawing in (self.lit, self.label, self.depth):
            drawing["Frames"].binding = FRAMES_BINDING
        for drawing in (self.lit, self.depth):
            drawing["light"].write(_light_matrix())
        self.lit["to_light"].value = tuple(TO_LIGHT)

    def look(self, drawing: Any, view: View, width: int, height: int) -> None:
        """Put the camera of `lit` or `label` where `view` says, for a picture of that size."""
        look, lens = _matrices(view, width, height)
        drawing["clip"].write((look @ lens).astype(np.float32).tobytes())
        if drawing is self.lit:
            forward = -look[:3, 2]  # the camera looks along its -z
            halfway = TO_LIGHT - forward
            drawing["halfway"].value = tuple(halfway / np.linalg.norm(halfway))

    def shade(self, map_side: int) -> None:
        """Say how many texels wide and high the map of the shadows is."""
        self.lit["texel_m"].value = 2.0 * LIT_HALF_M / map_side


def _matrices(view: View, width: int, height: int) -> tuple[Vector, Vector]:
    """Camera and projection, both transposed, as PyBullet and OpenGL store them.

    The first row of pixels is the top one. TinyRenderer looks through the lower left corner of
    every pixel and OpenGL through its middle: half a pixel makes their pictures agree.
    """
    eye, target, up = view.eye.tolist(), view.target.tolist(), view.up.tolist()
    look = np.array(pybullet.computeViewMatrix(eye, target, up)).reshape(4, 4)
    lens = np.array(
        pybullet.computeProjectionMatrixFOV(view.fov_deg, width / height, view.near_m, view.far_m)
    ).reshape(4, 4)
    lens[2, :2] -= 1 / width, 1 / height
    lens[:, 1] *= -1
    return look, lens


def _light_matrix() -> bytes:
    """From the base frame to the map of the shadows, upside down like every picture here."""
    side = np.cross((0.0, 0.0, 1.0), TO_LIGHT)
    side /= np.linalg.norm(side)
    turn = np.stack([side, -np.cross(TO_LIGHT, side), -TO_LIGHT])
    scale = np.array([1 / LIT_HALF_M, 1 / LIT_HALF_M, 2 / LIT_DEPTH_M])
    matrix = np.eye(4)
    matrix[:3, :3] = turn * scale[:, None]
    matrix[:3, 3] = -matrix[:3, :3] @ LIT_CENTRE_M
    return matrix.T.astype(np.float32).tobytes()
