"""An `ObjectFrame` says where an object is, and which way it points where its shape asks for it."""

from dataclasses import dataclass

import numpy as np

from ...sim_envs.engine import pybullet
from ...sim_envs.rotations import Vector, matrix_from_quat, quat_from_rotvec, quat_multiply
from ...sim_envs.world import Pose, World

LYING = 0.7
"""The cosine of an object's axis to the vertical below which it lies."""


@dataclass(frozen=True)
class ObjectFrame:
    """Position and heading of an object, or of the part of a soft one that is taken."""

    position: Vector
    """Of its middle, or of that part of a soft object, metres [3]."""
    heading_rad: float
    """About the vertical; 0 for a soft object."""
    period_rad: float
    """By how much it may be turned to look the same to two fingers; 0: it is soft."""
    lies: bool

    @property
    def soft(self) -> bool:
        """Whether it is that of a part of a soft object."""
        return self.period_rad == 0.0

    def turns_to(self, other: "ObjectFrame") -> list[float]:
        """The turns about the vertical that bring this heading to another's, radians.

        For a soft object, whose parts have no heading, a round of turns to choose from; and so for
        one that lies where this stands or stands where this lies, whose heading means another axis.
        """
        period = max(self.period_rad, other.period_rad)
        if period == 0.0 or self.lies != other.lies:
            return [np.pi * k / TURNS for k in range(TURNS)]
        first = (other.heading_rad - self.heading_rad) % period
        return [first + period * k for k in range(round(2 * np.pi / period))]


TURNS = 8
"""Turns of the hand that are tried where no heading can be followed, over half a turn."""


def bodies_of(world: World, label: int) -> list[int]:
    """The engine's ids of an object, of each part of a soft one."""
    return [body for body, own in world.labels.items() if own == label]


def parts_of(world: World, label: int) -> Vector:
    """Where the parts of an object are, metres [parts, 3]; one for a stiff object."""
    client = world.client
    return np.array(
        [
            pybullet.getBasePositionAndOrientation(body, physicsClientId=client)[0]
            for body in bodies_of(world, label)
        ]
    )


def frames_of(world: World, label: int) -> list[ObjectFrame]:
    """The frame of an object, or those of all parts of a soft one, by its label."""
    parts, bodies = parts_of(world, label), bodies_of(world, label)
    if len(bodies) > 1:
        return [ObjectFrame(part, 0.0, 0.0, False) for part in parts]
    _, quat = pybullet.getBasePositionAndOrientation(bodies[0], physicsClientId=world.client)
    axes = matrix_from_quat(np.array(quat))
    lies = abs(float(axes[2, 2])) < LYING
    along = axes[:, 2] if lies else axes[:, 0]
    heading = float(np.arctan2(along[1], along[0]))
    return [ObjectFrame(parts[0], heading, np.pi if lies else np.pi / 2, lies)]


def frame_of(world: World, label: int, hand: Vector) -> ObjectFrame:
    """The frame of an object, of the part that is nearest to a hand at a place [3]."""
    frames = frames_of(world, label)
    gaps = [float(np.linalg.norm(frame.position - hand)) for frame in frames]
    return frames[int(np.argmin(gaps))]


def moved(pose: Pose, source: ObjectFrame, target: ObjectFrame, turn_rad: float) -> Pose:
    """A pose of the hand about the source, about the target: moved, and turned."""
    turn = quat_from_rotvec((0.0, 0.0, turn_rad))
    offset = matrix_from_quat(turn) @ (pose.position - source.position)
    return Pose(target.position + offset, quat_multiply(turn, pose.quat))


@dataclass(frozen=True)
class Hang:
    """How an object hangs from the hand."""

    aside: Vector
    """From the hand to the middle of the box around it, metres [2]."""
    low_m: float
    """From the hand down to its lowest point."""


def hang_of(world: World, label: int, hand: Vector) -> Hang:
    """How the object with a label hangs from a hand at a place [3]."""
    boxes = np.array(
        [pybullet.getAABB(body, physicsClientId=world.client) for body in bodies_of(world, label)]
    )
    low, high = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    return Hang((low + high)[:2] / 2 - hand[:2], float(hand[2] - low[2]))
