"""The compiled shaders, and where the camera and the light are."""

from array import array
from typing import Any

import numpy as np

from ..cameras import View
from ..engine import pybullet
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

    def look(self, drawing: Any, view: View, aspect: float) -> None:
        """Put the camera of `lit` or `label` where `view` says; `aspect` is width over height."""
        drawing["view"].write(
            array(
                "f",
                pybullet.computeViewMatrix(
                    view.eye.tolist(), view.target.tolist(), view.up.tolist()
                ),
            )
        )
        lens = pybullet.computeProjectionMatrixFOV(view.fov_deg, aspect, view.near_m, view.far_m)
        drawing["lens"].write(_upside_down(lens))
        if drawing is self.lit:
            halfway = TO_LIGHT - view.axes()[2]
            drawing["halfway"].value = tuple(halfway / np.linalg.norm(halfway))


def _upside_down(lens: tuple[float, ...]) -> bytes:
    """A projection whose first row of pixels is the top one; 16 numbers, column by column."""
    flipped = array("f", lens)
    flipped[5] = -flipped[5]
    return flipped.tobytes()


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
