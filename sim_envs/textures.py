"""This module makes procedural textures: flat tiles that darken parts of a surface.

Tiles are ordinary shapes, so that every renderer draws them alike. PyBullet's own textures would
leak: each one that is loaded stays in memory for good, and every reset loads them again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .colours import Colour
from .primitives import Part

PATTERNS = ("planks", "checks", "patches")
OVERLAPPING = "patches"
HALF_THICK_M = 0.0001
STEP_M = 0.00005
"""Height of each overlapping tile above the one before: so little that no camera sees objects
sink into the tiles."""
PATCH_SHARE = (0.04, 0.20)
"""Half of a patch's side as a share of the surface's half."""

Tile = tuple[float, float, float, float, float]
"""Middle x, y and half sides x, y as shares of the surface's half sides; darkness in [0, 1]."""


@dataclass(frozen=True)
class Texture:
    """A pattern and its parameters: the same ones give the same tiles."""

    pattern: str
    """One of PATTERNS."""
    count: int
    """Number of boards or patches; checks have half as many along a side."""
    contrast: float
    """How much darker than the surface the darkest tile is, in [0, 1]."""
    seed: int
    """Of its random numbers."""

    def tiles(self, half_m: tuple[float, float], colour: Colour) -> list[Part]:
        """Tiles on a surface of the given half sides, its top at height 0."""
        draw = {"planks": _planks, "checks": _checks, "patches": _patches}[self.pattern]
        parts, step = [], STEP_M if self.pattern == OVERLAPPING else 0.0
        tiles = draw(self.count, np.random.default_rng(self.seed))
        for i, (x, y, wide, long, dark) in enumerate(tiles):
            red, green, blue = (c * (1.0 - self.contrast * dark) for c in colour)
            size = (wide * half_m[0], long * half_m[1], HALF_THICK_M)
            at = (x * half_m[0], y * half_m[1], i * step)
            parts.append(Part("box", size, (red, green, blue), at))
        return parts


def _planks(count: int, rng: np.random.Generator) -> Iterator[Tile]:
    """Boards of different darkness side by side."""
    for i in range(count):
        yield (0.0, (2 * i + 1) / count - 1.0, 1.0, 1.0 / count, float(rng.random()))


def _checks(count: int, rng: np.random.Generator) -> Iterator[Tile]:
    """Squares, every other one dark."""
    side = max(2, count // 2)
    middles = [(2 * i + 1) / side - 1.0 for i in range(side)]
    for i, x in enumerate(middles):
        for y in middles[i % 2 :: 2]:
            yield (x, y, 1.0 / side, 1.0 / side, 1.0)


def _patches(count: int, rng: np.random.Generator) -> Iterator[Tile]:
    """Stains and cloths here and there."""
    for _ in range(count):
        wide, long = rng.uniform(*PATCH_SHARE, 2).tolist()
        x, y = rng.uniform(-1.0 + PATCH_SHARE[1], 1.0 - PATCH_SHARE[1], 2).tolist()
        yield (x, y, wide, long, float(rng.random()))
