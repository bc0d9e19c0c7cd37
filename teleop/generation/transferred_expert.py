"""`TransferredExpert` handles the objects of a new scene as demonstrations handled theirs."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from ...sim_envs.environment import ArmEnv
from ...sim_envs.experts.expert import Expert, ExpertTarget
from ...sim_envs.furniture import Bin
from ...sim_envs.hand_rays import graspable
from ...sim_envs.rotations import Vector, matrix_from_quat
from ...sim_envs.task_description import ObjectClass
from ...sim_envs.world import Pose
from .grip import Grip, bend, choose_grip, flipped
from .handling import Handling, Waypoint
from .object_frame import Hang, frame_of, hang_of
from .way import Way, blended, rising

SPREAD_M = 0.03
"""Objects are put down this far from where the source put its own, so that none lie in a heap."""
INWARD = 0.5
"""A soft object is put down this share of the way from where the source put its own to the middle
of the container: demonstrations let go as soon as all of it is within. And where it hangs down
further than the source's did, it is brought there higher, so that it does not catch on anything."""
LIFT_TICKS = 40
"""The hand rises so long, at most, until the object is as high as the source carried its own."""
LIFT_SLACK_M = 0.01
HIGHEST_M = 0.46
LOST_TICKS = 5
"""An object that the fingers do not feel for so long was dropped."""
BACK_M = 0.10
"""After a try that failed, the next begins this far behind the grip, along the hand."""
RISE_M = np.array([0.0, 0.0, 0.03])
"""Where nothing is left to do, the hand rises."""
MOST_TRIES = 6
"""An object that was not held by then makes the attempt hopeless."""


class TransferredExpert(Expert):
    """Stateful: it follows one object's handling to its end, then chooses the next."""

    def __init__(self, handlings: Sequence[Handling], rng: np.random.Generator) -> None:
        self._handlings, self._rng = tuple(handlings), rng
        self._way = Way([])
        self._held: ObjectClass | None = None
        self._grip: Grip | None = None
        self._lifting = self._lost = 0
        self._placing = False
        self._low_m = 0.0
        self._rest: Pose | None = None
        self._tried: defaultdict[str, list[Grip]] = defaultdict(list)
        self.sources: list[str] = []
        """Ids of the demonstrations that were repeated so far."""

    @property
    def hopeless(self) -> bool:
        """Whether an object was tried so often that the rest of the attempt is in vain."""
        return any(len(grips) > MOST_TRIES for grips in self._tried.values())

    def next(self, env: ArmEnv) -> ExpertTarget:
        """The target for the world as it is now."""
        tool = env.arm.tool()
        self._rest = self._rest or tool
        self._feel(env)
        waypoint = self._way.next(env, tool)
        if waypoint is None and self._lifting > 0:
            waypoint = self._lift(env, tool)
        if waypoint is None:
            self._plan(env, tool)
            waypoint = self._way.next(env, tool)
        if waypoint is None:
            up = Pose(tool.position + RISE_M, tool.quat)
            return ExpertTarget(up, closing=False, speed=0.4)
        return ExpertTarget(waypoint.pose, waypoint.closing)

    def _feel(self, env: ArmEnv) -> None:
        """Give a way up whose object the closed fingers do not hold."""
        if self._held is None or not self._way.gripped:
            self._lost = 0
            return
        label = env.task.labels.index(self._held.label)
        self._lost = 0 if label in graspable(env.world, env.arm) else self._lost + 1
        if self._lost >= LOST_TICKS:
            self._held, self._lifting, self._way, self._placing = None, 0, Way([]), False

    def _plan(self, env: ArmEnv, tool: Pose) -> None:
        """Put down what is held, else pick up the next object."""
        if self._held is not None and self._grip is not None and not self._placing:
            self._way = Way(self._to_container(env, tool, self._held, self._grip.source), True)
            self._placing = True
            return
        self._held, self._placing = None, False
        placed = env.task.placed(env.world)
        left = [item for item in env.task.wanted(env.world) if item.label not in placed]
        if left:
            self._pick(env, tool, left)

    def _pick(self, env: ArmEnv, tool: Pose, left: Sequence[ObjectClass]) -> None:
        """Take the object that is nearest to the hand."""

        def gap(item: ObjectClass) -> float:
            frame = frame_of(env.world, env.task.labels.index(item.label), tool.position)
            return float(np.linalg.norm(frame.position - tool.position))

        item = min(left, key=gap)
        tried = self._tried[item.label]
        label = env.task.labels.index(item.label)
        assert self._rest is not None
        grip = choose_grip(env, label, item.label, self._handlings, tried, self._rest, self._rng)
        low = float(tool.position[2]) - hang_of(env.world, label, tool.position).low_m
        self._low_m = low + grip.source.rise_m
        way = grip.way()
        if tried:
            way = _from_behind(grip, way)
        tried.append(grip)
        self.sources.append(grip.source.source)
        self._way = Way(rising(tool, way, closing=False))
        self._held, self._grip, self._lifting = item, grip, LIFT_TICKS

    def _lift(self, env: ArmEnv, tool: Pose) -> Waypoint | None:
        """Rise until the object has risen as far as the source's had."""
        assert self._held is not None
        self._lifting -= 1
        label = env.task.labels.index(self._held.label)
        low = float(tool.position[2]) - hang_of(env.world, label, tool.position).low_m
        missing = self._low_m - low
        if missing < LIFT_SLACK_M or tool.position[2] > HIGHEST_M:
            self._lifting = 0
        if self._lifting == 0:
            return None
        return Waypoint(
            Pose(tool.position + np.array([0.0, 0.0, missing]), tool.quat), closing=True
        )

    def _to_container(
        self, env: ArmEnv, tool: Pose, item: ObjectClass, source: Handling
    ) -> list[Waypoint]:
        """The source's way to the container, so that the object hangs where the source's did."""
        now = hang_of(env.world, env.task.labels.index(item.label), tool.position)
        shift = put_down_shift(now, item.container, source)
        shift[:2] += self._rng.uniform(-SPREAD_M, SPREAD_M, 2)
        same = item.container.name == source.container.name
        way = source.place if same else _above(source.place, source)
        moved = [Pose(w.pose.position + shift, w.pose.quat) for w in way]
        assert self._rest is not None
        flip = bend(flipped(moved[-1]), self._rest) < bend(moved[-1], self._rest)
        poses = [flipped(pose) if flip else pose for pose in moved]
        ways = [Waypoint(p, w.closing) for p, w in zip(poses, way, strict=True)]
        if same and len(source.travel) > 1:
            return [*blended(source.travel, tool, poses[0]), *ways]
        return rising(tool, ways, closing=True)


def put_down_shift(now: Hang, container: Bin, source: Handling) -> Vector:
    """From where a source's hand let go to where one does that holds an object like this, m [3]."""
    aside = np.subtract(container.centre_m, source.container.centre_m)
    aside += source.hang.aside - now.aside
    if not source.frame.soft:
        return np.array([*aside, 0.0])
    put_m = source.place[-1].pose.position[:2] + source.hang.aside
    aside += INWARD * (source.container.centre_m - put_m)
    room_m = HIGHEST_M - max(w.pose.position[2] for w in source.place)
    higher_m = min(now.low_m - source.hang.low_m, room_m)
    return np.array([*aside, max(higher_m, 0.0)])


def _from_behind(grip: Grip, way: Sequence[Waypoint]) -> list[Waypoint]:
    """A way whose approach is straight along the hand."""
    at = grip.moved(grip.source.grip)
    behind = at.position - matrix_from_quat(at.quat)[:, 2] * BACK_M
    closes = next(number for number, w in enumerate(way) if w.closing)
    first = [Waypoint(Pose(behind, at.quat), False), Waypoint(at, False)]
    return [*first, *way[closes:]]


def _above(way: Sequence[Waypoint], source: Handling) -> list[Waypoint]:
    """That part of a way to a container that is above it: another one is come to otherwise."""
    first = next(
        (n for n, w in enumerate(way) if source.container.is_under(w.pose.position)), len(way) - 1
    )
    return list(way[first:])
