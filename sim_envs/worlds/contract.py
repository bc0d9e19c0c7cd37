"""`TaskWorld` is the contract that all speak to who drive, record and learn in a world.

A world implements the abstract members, and declares in `capabilities` what else it can do. What
it does not declare refuses with the reason, or stands still where that is harmless.
"""

from abc import ABC, abstractmethod
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cameras import CameraView
from ..errors import MissingCapability
from ..spaces import Action, Image, Observation
from ..tasks.task import Status
from ..world import Pose
from .spec import WorldSpec

OWN_RENDERER = "own"
"""The renderer's name of worlds that draw themselves."""


class Capability(Enum):
    """Something that a world may lack; the value says what it is for."""

    VERDICT = "says whether the task is solved (`status`)"
    HAND = "has an end effector whose pose is known and can be steered to (`tool`, `towards`)"
    REPLAY = "repeats an episode bit for bit (`state`, `snapshot`, `restore`)"
    OBJECTS = "knows where objects are (`object_poses`)"
    PICTURES = "draws any camera at any size, with labels (`picture`, `labelled`)"
    EXPERT = "has a script that solves the task, for the simulated operator (`expert_action`)"
    REAL_TIME = "is an arm that time does not wait for (`hold`, `connected`)"


class TaskWorld(ABC):
    """One task in one world, simulated or real; a Gymnasium environment's reset and step."""

    capabilities: frozenset[Capability] = frozenset()
    """What it can do beside the abstract members."""
    images_due: bool = True
    """False before a step: the previous pictures will do, where making them is slow."""

    @property
    @abstractmethod
    def world_spec(self) -> WorldSpec:
        """What it takes and gives; never changes."""

    @property
    @abstractmethod
    def instruction(self) -> str:
        """This episode's instruction."""

    @abstractmethod
    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; the same seed begins the same one, if the world can do that."""

    @abstractmethod
    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Run one control tick: observation, reward, solved, cut off, info."""

    def begin_step(self, action: Action) -> None:  # noqa: B027 - most worlds step at once
        """Begin the step that step() with the same action finishes, where it runs elsewhere."""

    @property
    def stepping(self) -> bool:
        """Whether a step that was begun still runs elsewhere; asking takes a millisecond then."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Free what it holds; closing twice is safe."""

    @property
    def renderer_name(self) -> str:
        """What draws its pictures: policies are refused where another does."""
        return OWN_RENDERER

    @property
    def goal(self) -> str:
        """Which of `world_spec.goal_names` the instruction names."""
        return self.world_spec.goal_names[0]

    @property
    def status(self) -> Status:
        """VERDICT: how far the task has come; without one it never leaves its first stage."""
        return Status(False, self.world_spec.stages[0], 0.0)

    def build(self, seed: int | None) -> None:
        """Begin an episode for a replay, without drawing it where the world can do that."""
        self.reset(seed=seed)

    def advance(self, action: Action) -> None:
        """Step for a replay, without drawing where the world can do that."""
        self.images_due = False
        self.step(action)

    @property
    def goes_back(self) -> bool:
        """Whether it declares REPLAY."""
        return Capability.REPLAY in self.capabilities

    def state(self) -> NDArray[np.float64]:
        """REPLAY: everything that a replay compares, float64[S]; a single 0 without it."""
        return np.zeros(1)

    def snapshot(self) -> Any:
        """REPLAY: this moment, for restore()."""
        raise self.lacks(Capability.REPLAY, "a snapshot")

    def restore(self, snapshot: Any) -> Observation:
        """REPLAY: go back to a snapshot of this episode."""
        raise self.lacks(Capability.REPLAY, "going back")

    def reseat(self) -> None:  # noqa: B027 - most worlds have nothing to do
        """Move the target to where the arm is, at every change of driver."""

    def tool(self) -> Pose:
        """HAND: the measured pose of the end effector in the base frame."""
        raise self.lacks(Capability.HAND, "the end effector's pose")

    @property
    def closing(self) -> bool:
        """Whether the gripper is told to close; where nobody knows, it is not."""
        return False

    def towards(self, target: Pose, closing: bool, speed: float = 1.0) -> Action:
        """HAND: the action that brings the end effector nearer to a pose."""
        raise self.lacks(Capability.HAND, "steering to a pose")

    @property
    def native_range(self) -> tuple[tuple[float, float], ...]:
        """For each number of an action, what it is at -1 and at 1 in the world's own unit: data
        that was recorded elsewhere is imported by it."""
        return ((-1.0, 1.0),) * self.world_spec.action.size

    @property
    def shown_cameras(self) -> tuple[str, ...]:
        """The cameras that the operator may look through."""
        return self.world_spec.cameras

    def camera_view(self, camera: str) -> CameraView | None:
        """Where a camera stands now; None where nobody knows, and then no path is drawn."""
        return None

    def shown(self, camera: str) -> Image | None:
        """The newest picture of a camera for the operator; None for the recorded one."""
        return None

    def object_poses(self) -> dict[str, Pose]:
        """OBJECTS: where objects are, by name, in the base frame."""
        raise self.lacks(Capability.OBJECTS, "where objects are")

    def picture(self, camera: str, width: int, height: int) -> Image:
        """PICTURES: the world as a camera sees it now, uint8[height, width, 3]."""
        raise self.lacks(Capability.PICTURES, "a picture of another size")

    def expert_action(self) -> Action:
        """EXPERT: what somebody who knows the task would do now, float32[A] in [-1, 1]."""
        raise self.lacks(Capability.EXPERT, "the simulated operator")

    def hold(self) -> None:
        """REAL_TIME: stop where it is, at once."""
        raise self.lacks(Capability.REAL_TIME, "holding still")

    def lacks(self, capability: Capability, wanted_for: str) -> MissingCapability:
        """The error that says what cannot be done in this world, and why."""
        return MissingCapability(
            f"{wanted_for} is not possible in {self.world_spec.task}: that takes a world that "
            f"{capability.value}, and this one does not"
        )

    def require(self, capability: Capability, wanted_for: str) -> None:
        """Raise MissingCapability where the world does not declare a capability."""
        if capability not in self.capabilities:
            raise self.lacks(capability, wanted_for)
