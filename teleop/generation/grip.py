"""A `Grip` is one way to take an object: a demonstration's, moved to where the object is now.

`choose_grip` compares all ways that look alike to two fingers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...sim_envs.environment import ArmEnv
from ...sim_envs.open_hand import Foreseen, foresee
from ...sim_envs.rotations import (
    Vector,
    matrix_from_quat,
    quat_from_rotvec,
    quat_multiply,
    rotvec_between,
)
from ...sim_envs.world import Pose
from .handling import Handling, Waypoint
from .object_frame import ObjectFrame, frames_of, moved

RETREATS_M = (0.0, 0.012, 0.024)
"""How much less deep than its source a grip may reach."""
OTHER_POSTURE_RETREATS_M = (0.024, 0.012, 0.0, -0.012, -0.024)
"""The same for an object that lies where its source's stood, or stands: where its sides are steep
enough for fingers is lower or higher then."""
SOFT_RETREATS_M = (0.0, -0.006, -0.012)
"""The same for what gives way: deeper, so that more of it is between the fingers."""
HALF_TURN = quat_from_rotvec((0.0, 0.0, np.pi))
"""About the hand's own axis: its fingers are alike."""
NEAREST = 6
"""Only so many sources, of the likeliest, are compared."""
PARTS, NEAREST_OF_PARTS = 8, 2
"""Only so many parts of a soft object, and so many sources for each."""
CHOICES = 3
"""A grip is drawn among so many that are nearly as good as the best one."""
NEARLY = 0.15
"""What a grip may cost more to be nearly as good."""
TRIED_COST, LOOSE_COST, BLOCKED_COST = 0.5, 1.5, 2.5
TURN_COST = 0.4
"""Of a radian away from how the hand points by itself."""
RETREAT_COST = 8.0
"""Of a metre."""
POINT_COST = 12.0
"""Of a metre away from where the task says that the object is best grasped: perception points
there, so that a policy can learn to grasp there only."""
KIND_COST, POSTURE_COST, AWAY_COST = 0.15, 0.5, 0.5
"""Of another kind of object, another posture, and a metre between the two places."""


@dataclass(frozen=True)
class Grip:
    """A source's way to take its object, moved."""

    source: Handling
    frame: ObjectFrame
    """Where the object, or the part of it that is taken, is now."""
    turn_rad: float
    retreat_m: float
    flipped: bool
    """Whether the hand is turned by half about its own axis."""
    aside: Vector = field(default_factory=lambda: np.zeros(3))
    """By how much the hand is moved so that the object is in the middle of its fingers, m [3]."""

    def moved(self, pose: Pose) -> Pose:
        """A pose of the source's hand, moved."""
        found = moved(pose, self.source.frame, self.frame, self.turn_rad)
        back = matrix_from_quat(found.quat)[:, 2] * self.retreat_m
        at = Pose(found.position - back + self.aside, found.quat)
        return flipped(at) if self.flipped else at

    def way(self) -> list[Waypoint]:
        """The hand's way from near the object until it is lifted."""
        return [Waypoint(self.moved(w.pose), w.closing) for w in self.source.pick]


def choose_grip(
    env: ArmEnv,
    label: int,
    name: str,
    handlings: Sequence[Handling],
    tried: Sequence[Grip],
    rest: Pose,
    rng: np.random.Generator,
) -> Grip:
    """A way to take the object with a label, drawn among the best; `tried` ones count as worse.

    `rest` is the hand's pose when the episode began: away from how it points by itself, the arm
    soon reaches its limits.
    """
    point = env.task.holds(env.world).get(label)
    frames = _likeliest(frames_of(env.world, label), point)
    grips = [grip for frame in frames for grip in _grips(handlings, name, frame, rest)]
    poses = [grip.moved(grip.source.grip) for grip in grips]
    seen = foresee(env.world, label, poses)
    costs = np.array(
        [
            _cost(grip, name, pose, one, rest)
            + TRIED_COST * _alike(grip, tried)
            + POINT_COST * _away(grip.frame, point)
            for grip, pose, one in zip(grips, poses, seen, strict=True)
        ]
    )
    order = np.argsort(costs, kind="stable")[:CHOICES]
    best = [int(number) for number in order if costs[number] <= costs[order[0]] + NEARLY]
    chosen = best[int(rng.integers(len(best)))]
    across = matrix_from_quat(poses[chosen].quat)[:, 1]
    return replace(grips[chosen], aside=across * seen[chosen].aside_m)


def _likeliest(frames: Sequence[ObjectFrame], point: Vector | None) -> list[ObjectFrame]:
    """The parts nearest to where the task says to grasp, or the highest ones."""
    if point is None:
        return sorted(frames, key=lambda frame: -float(frame.position[2]))[:PARTS]
    return sorted(frames, key=lambda frame: _away(frame, point))[:PARTS]


def _away(frame: ObjectFrame, point: Vector | None) -> float:
    """Metres from the point at which the task says to grasp; 0 where it says nothing."""
    return 0.0 if point is None else float(np.linalg.norm(frame.position - point))


def _grips(handlings: Sequence[Handling], name: str, frame: ObjectFrame, rest: Pose) -> list[Grip]:
    nearest = sorted(handlings, key=lambda source: _unlike(source, name, frame))
    soft = frame.soft
    found = []
    for source in nearest[: NEAREST_OF_PARTS if soft else NEAREST]:
        same = source.frame.lies == frame.lies
        stiff = RETREATS_M if same else OTHER_POSTURE_RETREATS_M
        retreats = SOFT_RETREATS_M if soft else stiff
        for turn in source.frame.turns_to(frame):
            plain = Grip(source, frame, turn, 0.0, flipped=False)
            flip = Grip(source, frame, turn, 0.0, flipped=True)
            flips = bend(flip.moved(source.grip), rest) < bend(plain.moved(source.grip), rest)
            found += [Grip(source, frame, turn, retreat, flips) for retreat in retreats]
    return found


def _unlike(source: Handling, name: str, frame: ObjectFrame) -> float:
    """How unlike a source's object is: its kind, its posture, its place."""
    across = float(np.linalg.norm((source.frame.position - frame.position)[:2]))
    posture = POSTURE_COST * (source.frame.lies != frame.lies)
    return posture + KIND_COST * (source.label != name) + AWAY_COST * across


def _cost(grip: Grip, name: str, pose: Pose, seen: Foreseen, rest: Pose) -> float:
    return (
        _unlike(grip.source, name, grip.frame)
        + LOOSE_COST * (1.0 - seen.held)
        + BLOCKED_COST * seen.blocked
        + TURN_COST * bend(pose, rest)
        + RETREAT_COST * abs(grip.retreat_m)
    )


def flipped(pose: Pose) -> Pose:
    """The pose with the hand's fingers exchanged."""
    return Pose(pose.position, quat_multiply(pose.quat, HALF_TURN))


def bend(pose: Pose, rest: Pose) -> float:
    """By how much the hand is turned away from how it points by itself there, radians."""
    yaw = _bearing(pose.position) - _bearing(rest.position)
    straight = quat_multiply(quat_from_rotvec((0.0, 0.0, yaw)), rest.quat)
    return float(np.linalg.norm(rotvec_between(straight, pose.quat)))


def _bearing(place: Vector) -> float:
    return float(np.arctan2(place[1], place[0]))


def _alike(grip: Grip, tried: Sequence[Grip]) -> int:
    """How many tries were like this one: of the same source, by the same turn, at this part."""
    return sum(
        other.source is grip.source
        and abs(other.turn_rad - grip.turn_rad) < 0.5
        and other.retreat_m == grip.retreat_m
        for other in tried
    )
