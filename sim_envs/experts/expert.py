"""An Expert chooses an end-effector pose and a grip from the world, anew at each tick.

Simulated operators call next() with an environment, and action() for the 7-d action.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from ..environment import ArmEnv
from ..rotations import rotvec_between
from ..spaces import METRES_PER_UNIT, RADIANS_PER_UNIT, Action
from ..world import Pose

APPROACH_GAIN = 0.45
"""Share of the remaining distance that one tick may cover."""


@dataclass(frozen=True)
class ExpertTarget:
    """Where the end effector should go now, and whether the gripper should close."""

    target: Pose
    closing: bool
    speed: float = 1.0
    """Largest translation, in (0, 1]; small where the gripper might knock objects over."""

    def action(self, tool: Pose) -> Action:
        """The action from the end-effector pose `tool` towards this target, float32[7]."""
        move = (self.target.position - tool.position) * (APPROACH_GAIN / METRES_PER_UNIT)
        length = float(np.linalg.norm(move))
        if length > self.speed:
            move = move * (self.speed / length)
        turn = rotvec_between(tool.quat, self.target.quat) * (APPROACH_GAIN / RADIANS_PER_UNIT)
        length = float(np.linalg.norm(turn))
        if length > 1.0:
            turn = turn / length
        return np.concatenate([move, turn, [1.0 if self.closing else -1.0]]).astype(np.float32)


class Expert(ABC):
    """A controller that reads the simulator's state, which a policy never may."""

    @abstractmethod
    def next(self, env: ArmEnv) -> ExpertTarget:
        """The target for the world as it is now."""
