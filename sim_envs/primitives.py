"""This module defines Part, a convex piece of a body, and converts parts for PyBullet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .colours import Colour
from .engine import pybullet

Quat = tuple[float, float, float, float]

IDENTITY_QUAT: Quat = (0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Part:
    """One convex piece of a body, in the body's frame."""

    shape: str
    """"box", "cylinder" (axis z) or "sphere"."""
    size: tuple[float, ...]
    """Half extents of a box; radius and full height of a cylinder; radius of a sphere; metres."""
    colour: Colour
    """Red, green, blue in [0, 1]."""
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Offset in the body's frame [m]."""
    quat: Quat = IDENTITY_QUAT
    """Orientation in the body's frame, xyzw."""

    def stretched(self, width: float, height: float) -> "Part":
        """The same piece, its position scaled by `width` along x and y and `height` along z.

        Its size is scaled likewise, but along its own axes: a rotated box stays a box. A sphere
        stays a sphere and takes the width.
        """
        x, y, z = self.position
        factors = {"box": (width, width, height), "cylinder": (width, height), "sphere": (width,)}
        size = tuple(s * f for s, f in zip(self.size, factors[self.shape], strict=True))
        return replace(self, size=size, position=(x * width, y * width, z * height))


def shape_arguments(parts: Sequence[Part]) -> dict[str, list[object]]:
    """The parts as PyBullet's functions for arrays of shapes take them."""
    kinds = {
        "box": pybullet.GEOM_BOX,
        "cylinder": pybullet.GEOM_CYLINDER,
        "sphere": pybullet.GEOM_SPHERE,
    }
    return {
        "shapeTypes": [kinds[part.shape] for part in parts],
        "halfExtents": [part.size if part.shape == "box" else (0, 0, 0) for part in parts],
        "radii": [0.0 if part.shape == "box" else part.size[0] for part in parts],
        "lengths": [part.size[1] if part.shape == "cylinder" else 0.0 for part in parts],
    }
