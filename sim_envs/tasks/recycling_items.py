"""This module holds SortRecycling's eight items and two bins, and samples where items lie."""

from dataclasses import replace

import numpy as np

from ..furniture import Bin
from ..items import STEADY, Item, bottle, can, cup, jar, milk_carton, peel, rag, wrapper
from ..rotations import Vector, quat_from_rotvec, quat_multiply

RECYCLABLES: dict[str, Item] = {
    "can": replace(can((0.85, 0.08, 0.10), 0.027, 0.092), rolling_friction=STEADY),
    "bottle": replace(
        bottle((0.10, 0.58, 0.20), 0.025, 0.078, (0.97, 0.97, 0.97), 0.018),
        rolling_friction=STEADY,
    ),
    "carton": milk_carton((0.96, 0.96, 0.94), (0.05, 0.62, 0.72)),
    "jar": jar((0.93, 0.48, 0.04), (0.98, 0.94, 0.80)),
}
TRASH: dict[str, Item] = {
    "peel": peel((0.98, 0.88, 0.12), (0.35, 0.24, 0.08)),
    "cup": cup((0.48, 0.29, 0.14), (0.86, 0.82, 0.76)),
    "wrapper": wrapper((0.93, 0.18, 0.58), (1.00, 0.72, 0.86)),
    "rag": rag((0.48, 0.28, 0.70), (0.78, 0.66, 0.90)),
}
ITEMS = RECYCLABLES | TRASH
BLUE = Bin("blue bin", (0.43, 0.36), (0.14, 0.105), 0.045, (0.10, 0.30, 0.85))
GREY = Bin("grey bin", (0.43, -0.36), (0.14, 0.105), 0.045, (0.24, 0.25, 0.27))
BINS = (BLUE, GREY)
FLAT = ("peel", "wrapper", "rag")
"""Kinds that have only one way to lie; the others stand or lie on their side."""

STREWN_LOW_M = (0.35, -0.17)
STREWN_HIGH_M = (0.63, 0.17)
GAP_M = 0.03
"""Room between neighbours for the fingers, as far as there is room on the table."""
GAP_SHRINK_M = 0.001
"""So much less room is asked for when not all find a place, so that the search ends."""
TRIES = 60
LYING = 0.5
"""Probability that an item that can stand lies on its side."""


def own_bin(name: str) -> Bin:
    """Where an item belongs."""
    return BLUE if name in RECYCLABLES else GREY


def can_lie(name: str) -> bool:
    """Whether an item may lie on its side as well as stand."""
    return name not in FLAT


def ground_radius_m(name: str, lies: bool) -> float:
    """Radius of the circle on the table that an item covers, however it is turned.

    It is that of the plain item, so that every variation of a scene has the same layout.
    """
    x, y, z = ITEMS[name].half_extents_m
    return float(np.hypot(z if lies else x, y))


def resting_pose(
    item: Item, lies: bool, x: float, y: float, rng: np.random.Generator, floor_m: float = 0.0
) -> tuple[Vector, Vector]:
    """Position [3] and quaternion xyzw of an item that stands or lies, randomly turned."""
    quat = quat_from_rotvec((0.0, 0.0, rng.uniform(-np.pi, np.pi)))
    if lies:
        quat = quat_multiply(quat, quat_from_rotvec((0.0, np.pi / 2, 0.0)))
    height = item.half_extents_m[0] if lies else item.half_height_m
    return np.array([x, y, floor_m + height + 0.001]), quat


def scattered(radii_m: Vector, rng: np.random.Generator) -> Vector:
    """Random centres [N, 2] of circles that keep a gap, which shrinks where there is no room."""
    gap = GAP_M
    while (places := _drawn_places(radii_m, gap, rng)) is None:
        gap -= GAP_SHRINK_M
    return places


def _drawn_places(radii_m: Vector, gap_m: float, rng: np.random.Generator) -> Vector | None:
    """Centres [N, 2] drawn one after the other, or None when no place is left for one of them."""
    places = np.empty((0, 2))
    for i, radius in enumerate(radii_m):
        tries = rng.uniform(STREWN_LOW_M, STREWN_HIGH_M, (TRIES, 2))
        distance = np.linalg.norm(tries[:, None] - places, axis=2)  # try, earlier one
        free = np.all(distance > radii_m[:i] + radius + gap_m, axis=1)
        if not free.any():
            return None
        places = np.vstack([places, tries[free.argmax()]])
    return places
