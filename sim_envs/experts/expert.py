"""What an expert would do next: a tool pose and a grip, decided afresh from the world each tick."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from ..environment import ArmEnv
from ..rotations import rotvec_between
from ..spaces import METRES_PER_UNIT, RADIANS_PER_UNIT, Action
from ..world import Pose

APPROACH_GAIN = 0.45
"""Share of the remaining way that one tick may cover."""


@dataclass(frozen=True)
class ExpertTarget:
    """Where the tool should go now, and whether the hand should close."""

    target: Pose
    closing: bool
    speed: float = 1.0
    """Largest translation, in (0, 1]; slow where the hand must not knock things over."""

    def action(self, tool: Pose) -> Action:
        """The 7-d action that a steady hand would give for this intent, float32[7]."""
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
    """Knows the job and looks at the simulator's state; a policy never may."""

    @abstractmethod
    def next(self, env: ArmEnv) -> ExpertTarget:
        """The intent for the world as it is now."""
