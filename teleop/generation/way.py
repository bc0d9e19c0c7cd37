"""A `Way` is a list of waypoints that the hand follows closed loop."""

from collections.abc import Sequence

import numpy as np

from ...sim_envs.environment import ArmEnv
from ...sim_envs.gripper import PANDA
from ...sim_envs.rotations import (
    matrix_from_quat,
    quat_from_rotvec,
    quat_multiply,
    rotvec_between,
)
from ...sim_envs.world import Pose
from .handling import Waypoint

REACHED_M, REACHED_RAD = 0.012, 0.15
"""A waypoint is reached within this distance and turn."""
GRIP_SHARE = 0.5
"""Where the fingers are to change, it is reached within this share of them."""
GRIP_TICKS = (3, 12)
"""The fingers have so long, at least and at most, to close or open."""
RESTING_M_S = 0.01
"""Fingers that move more slowly have met something, or are open."""
OPEN_SHARE = 0.9
"""The hand leaves a way's beginning once its fingers are open by this share of all."""
OPENING_TICKS = 40
"""It does not wait longer for them: something keeps them from it."""
STALLED_TICKS = 8
"""A waypoint that the hand has not come nearer to for so long is passed over."""
NEARER = 0.1
"""By so much of what reaches it."""
FORWARD_M = 0.002
"""Closed fingers are led no further forward than this."""
WHOLE_M = 0.20
"""A way between two places follows its source's so far, at most half of it, before it blends."""
HIGH_M = 0.05
"""A way over more than this across begins by rising to the height of its beginning."""


class Way:
    """Stateful: next() gives the waypoint to go to, None at the end.

    Where it begins with open fingers, the hand waits for them at the first waypoint: fingers that
    closed on nothing need a second to open, and a hand that reaches down meanwhile misses again.
    """

    def __init__(self, waypoints: Sequence[Waypoint], closed: bool = False) -> None:
        self._left = list(waypoints)
        self._closing = closed
        self._closed = closed
        self._gripping = 0
        self._opening = 0 if closed else OPENING_TICKS
        self._best, self._stalled = np.inf, 0

    @property
    def gripped(self) -> bool:
        """Whether the fingers have closed, and are to stay so."""
        return self._closing and self._closed

    def next(self, env: ArmEnv, tool: Pose) -> Waypoint | None:
        """The waypoint to go to now."""
        while self._left:
            at = self._left[0]
            if at.closing != self._closing:
                return self._change(env, at, tool)
            if not self._passed(at, tool) or self._opens(env):
                return at
            self._left.pop(0)
            self._best, self._stalled = np.inf, 0
        return None

    def _change(self, env: ArmEnv, at: Waypoint, tool: Pose) -> Waypoint:
        """Hold still until the fingers have closed or opened."""
        self._gripping += 1
        least, most = GRIP_TICKS
        resting = abs(env.arm.finger_speed()) < RESTING_M_S
        if (self._gripping > least and resting) or self._gripping > most:
            self._closing, self._closed, self._gripping = at.closing, at.closing, 0
            if at.closing:
                self._left = on_from(tool, self._left)
        return Waypoint(tool, at.closing)

    def _opens(self, env: ArmEnv) -> bool:
        """Whether the hand waits at the way's beginning for its fingers to open, unless they are
        told to close by then."""
        wide = float(env.arm.finger_positions().mean()) > OPEN_SHARE * PANDA.finger_open_m
        self._opening = 0 if wide or self._closing else max(self._opening - 1, 0)
        return self._opening > 0

    def _passed(self, at: Waypoint, tool: Pose) -> bool:
        grips = len(self._left) > 1 and self._left[1].closing != at.closing
        share = GRIP_SHARE if grips else 1.0
        gap = float(np.linalg.norm(at.pose.position - tool.position)) / (share * REACHED_M)
        turn = float(np.linalg.norm(rotvec_between(tool.quat, at.pose.quat))) / REACHED_RAD
        if max(gap, turn) < 1.0:
            return True
        if gap + turn < self._best - NEARER:
            self._best, self._stalled = gap + turn, 0
        self._stalled += 1
        return self._stalled > STALLED_TICKS


def on_from(tool: Pose, way: Sequence[Waypoint]) -> list[Waypoint]:
    """A way whose fingers have just closed, from where they really did, and never forward.

    What they met keeps a hand from going further along itself. One that went on pressed for seconds
    on what it held, and policies that learnt from it pressed to the episode's end. From where the
    fingers open again the way stays as it is.
    """
    off, forward = tool.position - way[0].pose.position, matrix_from_quat(tool.quat)[:, 2]
    opens = next((number for number, w in enumerate(way) if not w.closing), len(way))
    moved = [Waypoint(Pose(w.pose.position + off, w.pose.quat), True) for w in way[:opens]]
    back = [w for w in moved if (w.pose.position - tool.position) @ forward < FORWARD_M]
    return [*back, *way[opens:]]


def rising(tool: Pose, way: Sequence[Waypoint], closing: bool) -> list[Waypoint]:
    """The way, reached by rising first where it begins far away and above."""
    first = way[0].pose
    across = float(np.linalg.norm(first.position[:2] - tool.position[:2]))
    if across < HIGH_M or first.position[2] < tool.position[2]:
        return list(way)
    up = np.array([*tool.position[:2], first.position[2]])
    return [Waypoint(Pose(up, tool.quat), closing), *way]


def blended(travel: Sequence[Waypoint], start: Pose, end: Pose) -> list[Waypoint]:
    """A way between two poses, like a source's between two others.

    The difference of the positions goes over along the arc that the source travelled.
    """
    places = np.array([w.pose.position for w in travel])
    lengths = np.linalg.norm(np.diff(places, axis=0), axis=1)
    whole = min(WHOLE_M, float(lengths.sum()) / 2)
    arc = np.concatenate([[0.0], np.cumsum(lengths)]) - whole
    arc = np.maximum(arc, 0.0) / max(float(lengths.sum()) - whole, 1e-9)
    before, after = start.position - places[0], end.position - places[-1]
    turn = rotvec_between(start.quat, end.quat)
    return [
        Waypoint(
            Pose(
                place + (1.0 - share) * before + share * after,
                quat_multiply(quat_from_rotvec(share * turn), start.quat),
            ),
            w.closing,
        )
        for w, place, share in zip(travel, places, arc.tolist(), strict=True)
    ]
