"""This module foresees by rays what an open hand would meet at poses that it has not taken yet.

It reads the world and changes nothing; generated demonstrations choose their grasps with it.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arm import NAME
from .gripper import PANDA
from .hand_rays import OUTSIDE_M, PAD_X_M, PAD_Z_M, Hit, rays
from .rotations import Vector, matrix_from_quat
from .world import Pose, World

FINGER_X_M = (-0.009, 0.009)
"""Across an open finger, along the end effector's x axis."""
FINGER_Y_M = (0.042, 0.056)
"""Its inner and its outer side, from the middle."""
PALM_X_M = (-0.03, 0.03)
PALM_Y_M = (-0.09, -0.03, 0.03, 0.09)
ALONG_M = 0.10
"""Rays along the fingers begin so far behind the end effector's point."""
SOFT_OBSTACLE = 0.3
"""Cloth under a finger gives way: it counts as so much of a stiff obstacle."""
MOST_RAYS = 16_000
"""PyBullet's limit of one batch, rounded down."""


@dataclass(frozen=True)
class Foreseen:
    """What an open hand would meet at a pose."""

    held: float
    """How well closing fingers would hold the object, 0 to 1: the cosine at which they meet a
    stiff one, or the share of their width over which a soft one is between them."""
    blocked: float
    """Share of the rays along fingers and palm that meet something."""
    aside_m: float = 0.0
    """How far the middle of what would be between the fingers lies from the middle of the hand,
    along its y axis; 0 for what is soft, or not met from both sides."""


def foresee(world: World, label: int, tools: Sequence[Pose]) -> list[Foreseen]:
    """What the open hand would meet at each pose, when it is to take the object of a label."""
    pads, lengths = _pads(), _lengths()
    local = np.vstack([pads, lengths])  # ray, end, xyz
    turns = np.array([matrix_from_quat(tool.quat) for tool in tools]).reshape(-1, 3, 3)
    places = np.array([tool.position for tool in tools]).reshape(-1, 1, 1, 3)
    ends = np.einsum("tij,rej->trei", turns, local) + places  # tool, ray, end, xyz
    flat = ends.reshape(-1, 2, 3)
    hits: list[Hit | None] = []
    for first in range(0, len(flat), MOST_RAYS):
        part = flat[first : first + MOST_RAYS]
        hits += rays(world, part[:, 0], part[:, 1])
    each = len(local)
    parts = soft_bodies(world)
    soft = any(world.labels[body] == label for body in parts)
    return [
        Foreseen(
            _held(world, label, soft, hits[at : at + len(pads)], turn[:, 1]),
            _blocked(world, parts, hits[at + len(pads) : at + each]),
            0.0 if soft else _aside(world, label, hits[at : at + len(pads)], tool.position, turn),
        )
        for at, tool, turn in zip(range(0, len(hits), each), tools, turns, strict=True)
    ]


def _pads() -> NDArray[np.float64]:
    """Rays from each open finger's inner side to the other's [2 * X * Z, 2, 3]."""
    inner = PANDA.finger_open_m - OUTSIDE_M
    grid = [(x, z) for x in PAD_X_M for z in PAD_Z_M]
    left = [((x, inner, z), (x, -inner, z)) for x, z in grid]
    return np.array(left + [(end, start) for start, end in left])


def _lengths() -> NDArray[np.float64]:
    """Rays along the open fingers to their tips, and along the palm to where it ends."""
    fingers = [(x, s * y, PANDA.tip_m) for x in FINGER_X_M for y in FINGER_Y_M for s in (-1, 1)]
    palm = [(x, y, -PANDA.palm_m) for x in PALM_X_M for y in PALM_Y_M]
    return np.array([((x, y, -ALONG_M), (x, y, z)) for x, y, z in fingers + palm])


def _held(
    world: World, label: int, soft: bool, hits: Sequence[Hit | None], across: NDArray[np.float64]
) -> float:
    met = np.array([hit is not None and world.labels.get(hit.body) == label for hit in hits])
    sides = met.reshape(2, len(PAD_X_M), len(PAD_Z_M))
    if soft:
        opposite = (sides[0] & sides[1])[:, :-1]  # what only the tips touch slips out
        return float(opposite.any(axis=1).mean())
    facing = np.array([abs(float(hit.normal @ across)) if hit else 0.0 for hit in hits])
    return float(np.where(sides, facing.reshape(sides.shape), 0.0).max(axis=(1, 2)).min())


def _aside(
    world: World, label: int, hits: Sequence[Hit | None], at: Vector, turn: NDArray[np.float64]
) -> float:
    """Metres along the hand's y axis to the middle of what the rays of both sides meet."""
    half = len(hits) // 2
    left, right = (
        [
            float((hit.point - at) @ turn[:, 1])
            for hit in side
            if hit is not None and world.labels.get(hit.body) == label
        ]
        for side in (hits[:half], hits[half:])
    )
    return (max(left) + min(right)) / 2 if left and right else 0.0


def _blocked(world: World, soft: Collection[int], hits: Sequence[Hit | None]) -> float:
    """Share of the rays that meet something other than the arm."""
    arm = world.bodies[NAME]
    met = [hit.body for hit in hits if hit is not None and hit.body != arm]
    return sum(SOFT_OBSTACLE if body in soft else 1.0 for body in met) / len(hits)


def soft_bodies(world: World) -> frozenset[int]:
    """The engine's ids of the parts of soft objects: movable ones that share their label."""
    movable = {world.bodies[name] for name in world.dynamic}
    count = Counter(world.labels[body] for body in movable)
    return frozenset(body for body in movable if count[world.labels[body]] > 1)
