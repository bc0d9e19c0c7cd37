"""This module draws clutter: small fixed objects that have nothing to do with the task.

domain_randomization calls draw_clutter(); tasks add the pieces to the world.
"""

import colorsys
from dataclasses import dataclass

import numpy as np

from .colours import Colour
from .primitives import Part
from .rotations import quat_from_rotvec
from .world import World

ClutterSpot = tuple[tuple[float, float], tuple[float, float]]
"""A rectangle on the table that a task does not use: its low and its high corner [m]."""

SHAPES = ("box", "cylinder", "sphere")
SMALLEST_M = {"box": (0.018, 0.014, 0.010), "cylinder": (0.014, 0.030), "sphere": (0.016,)}
LARGEST_M = {"box": (0.038, 0.028, 0.030), "cylinder": (0.026, 0.075), "sphere": (0.028,)}
MOST_SATURATION = 0.25
"""Low, so that clutter is not taken for an object that an instruction can name."""
VALUES = (0.25, 0.85)


@dataclass(frozen=True)
class Clutter:
    """One piece; it is solid and does not move."""

    shape: str
    """One of SHAPES."""
    size_m: tuple[float, ...]
    """As Part takes it."""
    colour: Colour
    place_m: tuple[float, float]
    """On the table."""
    yaw_rad: float

    def add(self, world: World, name: str) -> None:
        """Put it on the table, in the background's class."""
        half_height = self.size_m[1] / 2 if self.shape == "cylinder" else self.size_m[-1]
        quat = quat_from_rotvec((0.0, 0.0, self.yaw_rad))
        part = Part(self.shape, self.size_m, self.colour)
        world.add(name, [part], (*self.place_m, half_height), quat)


def draw_clutter(rng: np.random.Generator, clutter_spot: ClutterSpot) -> Clutter:
    """A random piece at a random place in a clutter spot."""
    shape = SHAPES[rng.integers(len(SHAPES))]
    size = rng.uniform(SMALLEST_M[shape], LARGEST_M[shape]).tolist()
    hue, saturation = rng.random(), MOST_SATURATION * rng.random()
    colour = colorsys.hsv_to_rgb(hue, saturation, rng.uniform(*VALUES))
    x, y = rng.uniform(*clutter_spot).tolist()
    yaw = float(rng.uniform(-np.pi, np.pi))
    return Clutter(shape, tuple(size), colour, (x, y), yaw)
