"""These functions feel by rays what the hand could grasp, and what lies below it.

They read the world and change nothing; the operator's window draws what they find.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arm import FINGER_LINKS, NAME, Arm
from .engine import pybullet
from .furniture import Bin
from .garments import bodies_touching
from .rotations import Vector, matrix_from_quat
from .world import World

PAD_X_M = (-0.0095, 0.0, 0.0095)
"""Across a finger's inner side, along the end effector's x axis."""
PAD_Z_M = (-0.036, -0.025, -0.014, -0.003, 0.008)
"""Along a finger, from its root to its tip, in the end effector's frame."""
OUTSIDE_M = 0.0005
"""A ray begins this far from the finger's surface."""
HOLDING_COSINE = 0.7
"""A surface that is turned away farther than this slips out of the fingers."""
SOFT_COLUMNS = 2
"""Of the rays across a finger, how many have to meet a soft object from both sides."""
DEEPEST_M = 2.0
HIGHEST_FALL_M = 0.3
"""Above a box's rim."""
SOFT_INSIDE_M = 0.02
"""How far inside of a box's walls the middle of a garment has to be."""
MOST_LAYERS, LAYER_M = 40, 0.004
"""A ray that begins inside of the hand, or of what it holds, goes on below in such steps."""


@dataclass(frozen=True)
class Hit:
    """Where a ray meets a body first."""

    body: int
    """The engine's id of it."""
    point: Vector
    """Metres, [3]."""
    normal: Vector
    """Of the surface there, a unit vector [3]."""


def rays(world: World, starts: Vector, ends: Vector) -> list[Hit | None]:
    """What each ray from a start to an end [N, 3] meets first."""
    results = pybullet.rayTestBatch(
        np.asarray(starts).tolist(), np.asarray(ends).tolist(), physicsClientId=world.client
    )
    return [
        Hit(row[0], np.array(row[3]), np.array(row[4])) if row[0] >= 0 else None for row in results
    ]


@dataclass(frozen=True)
class Below:
    """The first surface below the end effector's point."""

    point: Vector
    """Where a plumb line meets it, metres [3]."""
    height_m: float
    """Length of the plumb line."""


def touched_by_fingers(world: World) -> tuple[set[int], set[int]]:
    """The labels of the movable objects that the left and the right finger touch."""
    movable = {world.bodies[name] for name in world.dynamic}
    left, right = (
        {world.labels[body] for body in bodies_touching(world, NAME, link) & movable}
        for link in FINGER_LINKS
    )
    return left, right


def graspable(world: World, arm: Arm) -> frozenset[int]:
    """The labels of the movable objects that closing fingers would hold, or do.

    Both fingers' inner sides send rays towards each other. A stiff object is held where it meets
    rays of both sides with a surface that friction holds (the two contacts of an antipodal grasp:
    Nguyen 1988, "Constructing force-closure grasps", section 3). Of a soft one, opposite rays have
    to meet a part that reaches up between the fingers, over some of their width.
    """
    left, right = arm.finger_positions()
    grid = [(x, z) for x in PAD_X_M for z in PAD_Z_M]
    lefts = np.array([(x, left - OUTSIDE_M, z) for x, z in grid])
    rights = np.array([(x, OUTSIDE_M - right, z) for x, z in grid])
    tool = arm.tool()
    turn = matrix_from_quat(tool.quat)
    from_left, from_right = tool.position + lefts @ turn.T, tool.position + rights @ turn.T
    hits = rays(world, np.vstack([from_left, from_right]), np.vstack([from_right, from_left]))
    movable = {world.bodies[name] for name in world.dynamic}
    met = [world.labels[hit.body] if hit and hit.body in movable else None for hit in hits]
    facing = np.array([abs(float(hit.normal @ turn[:, 1])) if hit else 0.0 for hit in hits])
    return frozenset(
        label
        for label in set(met)
        if label is not None
        and _is_between(
            np.array([other == label for other in met]).reshape(2, len(PAD_X_M), len(PAD_Z_M)),
            facing.reshape(2, len(PAD_X_M), len(PAD_Z_M)),
            soft=list(world.labels.values()).count(label) > 1,
            closing=arm.controller.closing,
        )
    )


def _is_between(
    met: NDArray[np.bool_], facing: NDArray[np.float64], soft: bool, closing: bool
) -> bool:
    """Whether an object is held by what rays of two sides, across and along the fingers, meet.

    `met` [2, X, Z] says which meet it, `facing` [2, X, Z] the cosine of the surface to the ray.
    What is between fingers that close already has not slipped out.
    """
    if closing:
        return bool(met.any(axis=(1, 2)).all())
    if soft:
        opposite = (met[0] & met[1])[:, :-1]  # what only the tips touch slips out
        return int(opposite.any(axis=1).sum()) >= SOFT_COLUMNS
    return bool((np.where(met, facing, 0.0).max(axis=(1, 2)) > HOLDING_COSINE).all())


def below(world: World, arm: Arm, held: Collection[int]) -> Below | None:
    """What lies below the end effector's point, past the arm and objects with the `held` labels."""
    start = arm.tool().position
    passed = {body for body, label in world.labels.items() if label in held}
    passed.add(arm.body)
    at = start.copy()
    for _ in range(MOST_LAYERS):
        (hit,) = rays(world, at[None], at[None] - [0.0, 0.0, DEEPEST_M])
        if hit is None:
            return None
        if hit.body not in passed:
            return Below(hit.point, float(start[2] - hit.point[2]))
        at = hit.point - [0.0, 0.0, LAYER_M]
    return None


def would_land(world: World, label: int, box: Bin) -> bool:
    """Whether the object with this label would lie in a box if it was let go of now.

    Its middle is above the opening: a stiff object that falls on the rim tips inwards then, and a
    soft one hangs over it unless it is farther inside. What falls from high jumps out again.
    """
    bodies = [body for body, own in world.labels.items() if own == label]
    if not bodies:
        return False
    boxes = np.array([pybullet.getAABB(body, physicsClientId=world.client) for body in bodies])
    low, high = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    room = np.asarray(box.half_m) - box.wall_m - (SOFT_INSIDE_M if len(bodies) > 1 else 0.0)
    inside = np.abs((low + high)[:2] / 2 - box.centre_m) < room
    return bool(inside.all()) and float(low[2]) < box.height_m + HIGHEST_FALL_M
