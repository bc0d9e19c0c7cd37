"""ShaderPrograms compiles the shaders; GlRenderer sets their camera and light with it."""

import math
import struct
from functools import lru_cache
from typing import Any

import numpy as np

from ..appearance import Light
from ..cameras import CameraView
from ..engine import pybullet
from . import gl_shaders

FRAMES_BINDING = 0
LIT_CENTRE_M = (0.45, 0.0, 0.32)
LIT_HALF_M = 0.72
"""Shadows are cast within this distance of the centre, as seen from the light."""
LIT_DEPTH_M = 2.0


class ShaderPrograms:
    """One program per way of drawing; make and use them while their context is current."""

    def __init__(self, context: Any) -> None:
        self.lit = context.program(gl_shaders.LIT_VERTEX, gl_shaders.LIT_FRAGMENT)
        """Shaded colours."""
        self.label = context.program(gl_shaders.LABEL_VERTEX, gl_shaders.LABEL_FRAGMENT)
        """The number of the frame, plus one."""
        self.depth = context.program(gl_shaders.DEPTH_VERTEX, gl_shaders.DEPTH_FRAGMENT)
        """Distances from the light."""
        self.shrink = context.program(gl_shaders.SHRINK_VERTEX, gl_shaders.SHRINK_FRAGMENT)
        """A smaller picture."""
        for drawing in (self.lit, self.label, self.depth):
            drawing["Frames"].binding = FRAMES_BINDING
        self._light: Light | None = None
        self._to_light: tuple[float, ...] = ()

    def shine(self, light: Light) -> None:
        """Set the lamp of `lit` and `depth`, and the brightness of `lit`, from a light."""
        if light == self._light:
            return
        self._light = light
        self._to_light = to_light(light)
        matrix = _light_matrix(self._to_light)
        for drawing in (self.lit, self.depth):
            drawing["light"].write(matrix)
        self.lit["to_light"].value = self._to_light
        self.lit["lamp_factor"].value = tuple(part * light.lamp for part in light.colour)
        self.lit["room_factor"].value = light.room

    def look(self, drawing: Any, view: CameraView, width: int, height: int) -> None:
        """Set the camera of `lit` or `label` from `view`, for a picture of that size.

        Call it after shine(): highlights depend on both.
        """
        eye, target, up = view.eye.tolist(), view.target.tolist(), view.up.tolist()
        view_matrix = pybullet.computeViewMatrix(eye, target, up)  # column by column
        drawing["view"].write(struct.pack("16f", *view_matrix))
        drawing["lens"].write(_lens(view.fov_deg, view.near_m, view.far_m, width, height))
        if drawing is self.lit:
            backward = (view_matrix[2], view_matrix[6], view_matrix[10])
            drawing["halfway"].value = _halfway(self._to_light, backward)

    def shade(self, map_side: int) -> None:
        """Set the width and height of the shadow map, texels."""
        self.lit["texel_m"].value = 2.0 * LIT_HALF_M / map_side


def to_light(light: Light) -> tuple[float, ...]:
    """The unit vector to the lamp."""
    length = math.hypot(*light.direction)
    return tuple(part / length for part in light.direction)


def _halfway(to_lamp: tuple[float, ...], backward: tuple[float, ...]) -> tuple[float, ...]:
    """The unit vector between those to the lamp and against the camera's direction."""
    middle = [lamp + back for lamp, back in zip(to_lamp, backward, strict=True)]
    length = math.hypot(*middle)
    return tuple(part / length for part in middle)


@lru_cache(maxsize=64)
def _lens(fov_deg: float, near_m: float, far_m: float, width: int, height: int) -> bytes:
    """A projection whose first row of pixels is the top one.

    TinyRenderer samples the lower left corner of every pixel and OpenGL its middle: half a pixel
    makes their pictures agree.
    """
    flat = pybullet.computeProjectionMatrixFOV(fov_deg, width / height, near_m, far_m)
    pinhole = np.array(flat, np.float32).reshape(4, 4)  # transposed
    pinhole[2, :2] -= 1 / width, 1 / height
    pinhole[:, 1] *= -1
    return pinhole.tobytes()


def _light_matrix(to_lamp: tuple[float, ...]) -> bytes:
    """From the base frame to the shadow map, upside down like every picture here."""
    side = np.cross((0.0, 0.0, 1.0), to_lamp)
    side /= np.linalg.norm(side)
    turn = np.stack([side, -np.cross(to_lamp, side), -np.array(to_lamp)])
    scale = np.array([1 / LIT_HALF_M, 1 / LIT_HALF_M, 2 / LIT_DEPTH_M])
    matrix = np.eye(4)
    matrix[:3, :3] = turn * scale[:, None]
    matrix[:3, 3] = -matrix[:3, :3] @ LIT_CENTRE_M
    return matrix.T.astype(np.float32).tobytes()
