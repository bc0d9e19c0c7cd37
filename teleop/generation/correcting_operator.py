"""`CorrectingOperator` lets a policy's failure happen again elsewhere, and corrects it.

The policy's own way before a takeover is moved to an object of the new scene and driven as the
policy's steps; from a random point of it on, the operator drives as in the corrections (the idea of
IntervenGen, Hoque et al. 2024). Training on what people drove learns from the second part alone.
"""

from collections.abc import Sequence

import numpy as np

from ...datasets.step import Driver, Level
from ...policies.base.plan import Plan
from ...sim_envs.environment import ArmEnv
from ...sim_envs.experts.expert import ExpertTarget
from ...sim_envs.spaces import ACTION_SIZE, MOTION, Action, Observation
from ..session.assignment import Assignment
from ..session.command import IDLE, Command
from ..session.policy_runner import PolicyRunner
from .generating_operator import NOISE, GeneratingOperator
from .grip import bend, flipped
from .handling import Handling, Waypoint
from .object_frame import frame_of, moved
from .way import Way, rising

FAILED_SHARE = (0.4, 1.0)
"""The operator takes over after this share of the failed way, at least and at most."""
FAILED_TICKS = 120
"""A failed way that lasts longer is broken off."""


class FailedDrive:
    """A policy that fails as another one did; `over` once the operator is to take over."""

    chunk = execute = 1

    def __init__(self, env: ArmEnv, noise: float) -> None:
        self._env, self._noise = env, noise
        self.begin([], np.random.default_rng(0))

    def begin(self, corrections: Sequence[Handling], rng: np.random.Generator) -> None:
        """Choose what fails in a new scene."""
        self._corrections, self._rng = corrections, rng
        self._way: Way | None = None
        self._ticks = 0
        self.over = not corrections

    def reset(self) -> None:
        """It remembers nothing but the way."""

    def plan(self, observation: Observation) -> Plan:
        """The next action of the failed way; none once it is over."""
        action = np.zeros((1, ACTION_SIZE), np.float32)
        if not self.over:
            action[0] = self._next()
        return Plan(action, np.zeros_like(action), float("nan"))

    def _next(self) -> Action:
        tool = self._env.arm.tool()
        if self._way is None:
            self._way = Way(rising(tool, self._moved(), closing=False))
        waypoint = self._way.next(self._env, tool)
        self._ticks += 1
        if waypoint is None or self._ticks > FAILED_TICKS:
            self.over = True
            return np.zeros(ACTION_SIZE, np.float32)
        action = ExpertTarget(waypoint.pose, waypoint.closing).action(tool)
        action[MOTION] += self._rng.normal(0.0, self._noise, 6)
        return np.asarray(np.clip(action, -1.0, 1.0), np.float32)

    def _moved(self) -> list[Waypoint]:
        """A correction's failed way at an object of this scene, up to a random point of it."""
        env, tool = self._env, self._env.arm.tool()
        source = self._corrections[int(self._rng.integers(len(self._corrections)))]
        assert source.failed is not None
        wanted = env.task.wanted(env.world)
        alike = [item for item in wanted if item.label == source.label] or wanted
        label = env.task.labels.index(alike[0].label)
        frame = frame_of(env.world, label, tool.position)
        turns = source.failed.frame.turns_to(frame)
        begin, last = source.failed.frame, source.failed.way[-1].pose

        def bent(turn: float) -> tuple[float, bool]:
            end = moved(last, begin, frame, turn)
            return min((bend(end, tool), False), (bend(flipped(end), tool), True))

        turn = min(turns, key=bent)
        count = max(1, round(self._rng.uniform(*FAILED_SHARE) * len(source.failed.way)))
        found = []
        for waypoint in source.failed.way[:count]:
            pose = moved(waypoint.pose, begin, frame, turn)
            found.append(Waypoint(flipped(pose) if bent(turn)[1] else pose, waypoint.closing))
        return found


class FailedDriveRunner(PolicyRunner):
    """Asks for no pictures: what fails is known."""

    def needs_images(self, driver: Driver) -> bool:
        """Never."""
        return False


class CorrectingOperator(GeneratingOperator):
    """Takes over where the failed drive ends, and drives to the end of the episode."""

    def __init__(self, env: ArmEnv, handlings: Sequence[Handling], noise: float = NOISE) -> None:
        self._failed = FailedDrive(env, noise)
        self._corrections = [one for one in handlings if one.failed is not None]
        super().__init__(env, handlings, noise)

    def assignment(self) -> Assignment:
        """Supervised, with the failed drive as the policy."""
        return Assignment(Level.SUPERVISED, runner=FailedDriveRunner(self._failed))

    def begin(self, seed: int) -> None:
        """Begin with another scene."""
        super().begin(seed)
        self._failed.begin(self._corrections, self._rng)

    def poll(self, driver: Driver) -> Command:
        """Watch until the failed drive is over, then drive."""
        return super().poll(driver) if self._failed.over else IDLE
