"""`GeneratingOperator` is the device of generated episodes: it repeats demonstrations elsewhere."""

from collections.abc import Sequence

import numpy as np

from ...datasets.step import Driver, Level
from ...sim_envs.environment import ArmEnv
from ...sim_envs.spaces import GRIP, MOTION, Action
from ..session.assignment import Assignment
from ..session.command import Command
from .handling import Handling
from .transferred_expert import TransferredExpert

NAME = "generated"
NOISE = 0.05
"""Standard deviation of the noise on each motion, MimicGen's; what is executed is stored."""


class GeneratingOperator:
    """Drives from the first tick to the last; the same seed and sources give the same actions."""

    name = NAME

    def __init__(self, env: ArmEnv, handlings: Sequence[Handling], noise: float = NOISE) -> None:
        self._env, self._handlings, self._noise = env, tuple(handlings), noise
        self.tried = 1
        """Which try at the next scene it is; another one makes other choices."""
        self.begin(0)

    def assignment(self) -> Assignment:
        """At what level it drives, and with which policy."""
        return Assignment(Level.DEMONSTRATE)

    def begin(self, seed: int) -> None:
        """Begin with another scene."""
        self._rng = np.random.default_rng([seed, 11, self.tried])
        self.expert = TransferredExpert(self._handlings, self._rng)

    def poll(self, driver: Driver) -> Command:
        """Go on towards the next waypoint."""
        return Command(self._action(), clutch=True)

    def _action(self) -> Action:
        action = self.expert.next(self._env).action(self._env.arm.tool()).astype(np.float64)
        action[MOTION] += self._rng.normal(0.0, self._noise, 6)
        grip = action[GRIP]
        action = np.clip(action, -1.0, 1.0)
        action[GRIP] = grip
        return np.asarray(action, np.float32)
