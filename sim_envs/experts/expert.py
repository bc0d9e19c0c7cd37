"""An Expert chooses an end-effector pose and a grip from the world, anew at each tick.

Simulated operators call next() with an environment, and action() for the 7-d action.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ..environment import ArmEnv
from ..spaces import Action
from ..world import Pose
from ..worlds.arm_spec import ARM_ACTION
from ..worlds.steering import steered


@dataclass(frozen=True)
class ExpertTarget:
    """Where the end effector should go now, and whether the gripper should close."""

    target: Pose
    closing: bool
    speed: float = 1.0
    """Largest translation, in (0, 1]; small where the gripper might knock objects over."""

    def action(self, tool: Pose) -> Action:
        """The action from the end-effector pose `tool` towards this target, float32[7]."""
        return steered(ARM_ACTION, tool, self.target, self.closing, self.speed)


class Expert(ABC):
    """A controller that reads the simulator's state, which a policy never may."""

    @abstractmethod
    def next(self, env: ArmEnv) -> ExpertTarget:
        """The target for the world as it is now."""
