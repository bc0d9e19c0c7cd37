"""This module adds the furniture of a scene: the room, the table, and open boxes (Bin).

Tasks call it from furnish(), and ask a Bin which points lie above or within it.
"""

from dataclasses import dataclass

import numpy as np

from .colours import Colour
from .primitives import Part
from .rotations import Vector
from .world import World

FLOOR: Colour = (0.42, 0.40, 0.38)
PAINT: Colour = (0.74, 0.78, 0.80)
TABLE: Colour = (0.62, 0.64, 0.66)
MOST_SHAPES = 16
"""PyBullet's limit for one body."""


@dataclass(frozen=True)
class Bin:
    """A box on the table, open at the top."""

    name: str
    centre_m: tuple[float, float]
    half_m: tuple[float, float]
    """Half of its length and width, outside."""
    height_m: float
    colour: Colour
    wall_m: float = 0.008
    sunk_m: float = 0.0
    """How far the floor reaches into the table, so that nothing soft is pressed through it."""

    def add(self, world: World, label: int = 0) -> None:
        """Put it into the world: a floor and four walls."""
        x, y = self.half_m
        top, half_wall = self.height_m / 2, self.wall_m / 2
        half_floor = (self.wall_m + self.sunk_m) / 2
        parts = [
            Part("box", (x, y, half_floor), self.colour, (0, 0, self.wall_m - half_floor)),
            Part("box", (half_wall, y, top), self.colour, (x, 0, top)),
            Part("box", (half_wall, y, top), self.colour, (-x, 0, top)),
            Part("box", (x, half_wall, top), self.colour, (0, y, top)),
            Part("box", (x, half_wall, top), self.colour, (0, -y, top)),
        ]
        world.add(self.name, parts, (*self.centre_m, 0.0), label=label)

    def is_under(self, point: Vector) -> bool:
        """Whether a point [3], or each of points [N, 3], is above the box, or in it."""
        return bool(np.all(np.abs(point[..., :2] - self.centre_m) < self.half_m))

    def holds(self, point: Vector) -> bool:
        """Whether a point [3], or each of points [N, 3], is within the box."""
        height = point[..., 2]
        return self.is_under(point) and bool(np.all((height > 0.0) & (height < self.height_m)))


def add_room(world: World) -> None:
    """Add a table, a floor and walls, so that no picture shows a white background."""
    add_surface(world, "table", Part("box", (0.85, 1.1, 0.02), TABLE), (0.30, 0.0, -0.02))
    add_surface(world, "floor", Part("box", (4.0, 4.0, 0.02), FLOOR), (0.0, 0.0, -0.74))
    far = Part("box", (0.02, 4.0, 2.0), PAINT)
    world.add("far wall", [far], (1.9, 0.0, 1.2), material="walls")
    for side in (-1, 1):
        panel = Part("box", (4.0, 0.02, 2.0), PAINT)
        world.add(f"wall {side}", [panel], (0.0, side * 2.4, 1.2), material="walls")


def add_surface(world: World, name: str, slab: Part, position: tuple[float, float, float]) -> None:
    """Add a level slab, and its texture's tiles where the world's appearance has one for it.

    The tiles come first: what is drawn behind them costs less than what is drawn over.
    """
    if name in world.look.textures:
        x, y, half_thick = slab.size
        tiles = world.look.textures[name].tiles((x, y), slab.colour)
        top = (*position[:2], position[2] + half_thick)
        for i in range(0, len(tiles), MOST_SHAPES):
            few = tiles[i : i + MOST_SHAPES]
            world.add(f"{name} tiles {i}", few, top, solid=False, material=name)
    world.add(name, [slab], position)
