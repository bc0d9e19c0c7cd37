"""`TransferredExpert` handles the objects of a new scene as demonstrations handled theirs."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...sim_envs.environment import ArmEnv
from ...sim_envs.experts.expert import Expert, ExpertTarget
from ...sim_envs.hand_rays import graspable
from ...sim_envs.rotations import rotvec_between
from ...sim_envs.task_description import ObjectClass
from ...sim_envs.world import Pose
from .handling import Handling, Waypoint
from .object_frame import ObjectFrame, frame_of, moved

REACHED_M, REACHED_RAD = 0.012, 0.15
"""A waypoint is reached within this distance and turn."""
GRIP_TICKS = 10
"""The fingers have so long to close or open."""
WAIT_TICKS = 40
"""A waypoint that is not reached in this time is passed over."""
CHOICES = 3
"""A source is drawn among so many that are nearest."""
SPREAD_M = 0.03
"""Objects are put down this far from where the source put its own, so that none lie in a heap."""
RISE_M = np.array([0.0, 0.0, 0.03])
"""Where nothing is left to do, the hand rises."""
HIGH_M = 0.05
"""A way over more than this across begins by rising to the height of its end."""


class TransferredExpert(Expert):
    """Stateful: it follows one object's handling to its end, then chooses the next."""

    def __init__(self, handlings: Sequence[Handling], rng: np.random.Generator) -> None:
        self._handlings, self._rng = tuple(handlings), rng
        self._way: list[Waypoint] = []
        self._held: ObjectClass | None = None
        self._source: Handling | None = None
        self._waited = 0
        self._tried: Counter[tuple[str, int]] = Counter()
        self.sources: list[str] = []
        """Ids of the demonstrations that were repeated so far."""

    def next(self, env: ArmEnv) -> ExpertTarget:
        """The target for the world as it is now."""
        tool = env.arm.tool()
        while self._way and self._passed(env, tool):
            self._way.pop(0)
            self._waited = 0
        if not self._way:
            self._plan(env, tool)
        if not self._way:
            up = Pose(tool.position + RISE_M, tool.quat)
            return ExpertTarget(up, closing=False, speed=0.4)
        self._waited += 1
        at = self._way[0]
        return ExpertTarget(at.pose, at.closing)

    def _passed(self, env: ArmEnv, tool: Pose) -> bool:
        at = self._way[0]
        if at.closing != env.arm.controller.closing:
            return False
        grips = len(self._way) > 1 and self._way[1].closing != at.closing
        near = float(np.linalg.norm(at.pose.position - tool.position)) < REACHED_M * (
            0.5 if grips else 1.0
        )
        turned = float(np.linalg.norm(rotvec_between(tool.quat, at.pose.quat))) < REACHED_RAD
        return (near and turned) or self._waited > WAIT_TICKS

    def _plan(self, env: ArmEnv, tool: Pose) -> None:
        """Put down what is held, else pick up the next object."""
        held = self._held
        if held is not None and env.task.labels.index(held.label) in graspable(env.world, env.arm):
            self._way = self._to(tool, self._placing(held), closing=True)
            self._held = None
            return
        self._held = None
        placed = env.task.placed(env.world)
        left = [item for item in env.task.wanted(env.world) if item.label not in placed]
        if left:
            self._pick(env, tool, left)

    def _pick(self, env: ArmEnv, tool: Pose, left: Sequence[ObjectClass]) -> None:
        frames = {
            item.label: frame_of(env.world, env.task.labels.index(item.label), tool.position)
            for item in left
        }
        item = min(
            left, key=lambda i: float(np.linalg.norm(frames[i.label].position - tool.position))
        )
        frame = frames[item.label]

        self._source = self._choose(item, frame)
        self.sources.append(self._source.source)
        way = [
            Waypoint(moved(w.pose, self._source.frame, frame), w.closing) for w in self._source.pick
        ]
        self._way = self._to(tool, _dwelling(way), closing=False)
        self._held = item

    def _choose(self, item: ObjectClass, frame: ObjectFrame) -> Handling:
        """A source for an object: of its kind and posture if there is one, near, not tried yet."""

        def apart(number: int) -> tuple[int, bool, bool, float]:
            source = self._handlings[number]
            away = float(np.linalg.norm(source.frame.position - frame.position))
            tried = self._tried[item.label, number]
            return tried, source.frame.lies != frame.lies, source.label != item.label, away

        nearest = sorted(range(len(self._handlings)), key=apart)[:CHOICES]
        best = [number for number in nearest if apart(number)[:3] == apart(nearest[0])[:3]]
        chosen = best[int(self._rng.integers(len(best)))]
        self._tried[item.label, chosen] += 1
        return self._handlings[chosen]

    def _placing(self, item: ObjectClass) -> list[Waypoint]:
        assert self._source is not None
        shift = np.zeros(3)
        shift[:2] = np.asarray(item.container.centre_m) - self._source.container
        shift[:2] += self._rng.uniform(-SPREAD_M, SPREAD_M, 2)
        way = [
            Waypoint(Pose(w.pose.position + shift, w.pose.quat), w.closing)
            for w in self._source.place
        ]
        return _dwelling(way)

    @staticmethod
    def _to(tool: Pose, way: list[Waypoint], closing: bool) -> list[Waypoint]:
        """The way, reached by rising first where it begins far away and above."""
        first = way[0].pose
        across = float(np.linalg.norm(first.position[:2] - tool.position[:2]))
        if across < HIGH_M or first.position[2] < tool.position[2]:
            return way
        up = np.array([*tool.position[:2], first.position[2]])
        return [Waypoint(Pose(up, tool.quat), closing), *way]


def _dwelling(way: Sequence[Waypoint]) -> list[Waypoint]:
    """The way with time for the fingers wherever they change."""
    found: list[Waypoint] = []
    for before, at in zip([way[0], *way], way, strict=False):
        found += [Waypoint(before.pose, at.closing)] * (
            GRIP_TICKS if at.closing != before.closing else 0
        )
        found.append(at)
    return found
