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
    """Position and heading of an object."""

    position: Vector
    """Of its middle, or of that part of a soft object that is nearest to the hand, metres [3]."""
    heading_rad: float
    """About the vertical; 0 for a soft object."""
    period_rad: float
    """By how much it may be turned to look the same to two fingers; 0: any turn does."""
    lies: bool

    def turn_to(self, other: "ObjectFrame") -> float:
        """The smallest turn about the vertical from this heading to another's, radians."""
        period = max(self.period_rad, other.period_rad)
        if period == 0.0:
            return 0.0
        turn = (other.heading_rad - self.heading_rad) % period
        return turn - period if turn > period / 2 else turn


def frame_of(world: World, label: int, hand: Vector) -> ObjectFrame:
    """The frame of the object with a label, as seen by a hand at a place [3]."""
    bodies = [body for body, own in world.labels.items() if own == label]
    poses = [
        pybullet.getBasePositionAndOrientation(body, physicsClientId=world.client)
        for body in bodies
    ]
    places = np.array([place for place, _ in poses])
    if len(bodies) > 1:
        return ObjectFrame(
            places[int(np.argmin(np.linalg.norm(places - hand, axis=1)))], 0.0, 0.0, False
        )
    axes = matrix_from_quat(np.array(poses[0][1]))
    lies = abs(float(axes[2, 2])) < LYING
    along = axes[:, 2] if lies else axes[:, 0]
    heading = float(np.arctan2(along[1], along[0]))
    return ObjectFrame(places[0], heading, np.pi if lies else np.pi / 2, lies)


def moved(pose: Pose, source: ObjectFrame, target: ObjectFrame) -> Pose:
    """A pose of the hand about the source, about the target: moved, and turned with its heading."""
    turn = quat_from_rotvec((0.0, 0.0, source.turn_to(target)))
    offset = matrix_from_quat(turn) @ (pose.position - source.position)
    return Pose(target.position + offset, quat_multiply(turn, pose.quat))
