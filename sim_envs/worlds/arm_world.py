"""`ArmWorld` answers the contract for a task with the built-in arm; ArmEnv adds time to it."""

from abc import abstractmethod
from functools import cached_property
from typing import Any

from ..arm import Arm
from ..cameras import CameraView
from ..spaces import CONTROL_HZ, Action
from ..tasks.task import Status, Task
from ..world import Pose, World
from .arm_spec import ARM_ACTION, ARM_READINGS
from .contract import Capability, TaskWorld
from .spec import WorldSpec
from .steering import steered


class ArmWorld(TaskWorld):
    """What a Panda in a PyBullet world says of itself."""

    capabilities = frozenset(Capability) - {Capability.REAL_TIME, Capability.EXPERT}
    task: Task
    image_size: int
    world: World
    _status: Status

    @property
    @abstractmethod
    def arm(self) -> Arm:
        """The arm; there is one from the first reset on."""

    @cached_property
    def world_spec(self) -> WorldSpec:
        """What it takes and gives."""
        return WorldSpec(
            self.task.name,
            ARM_ACTION,
            ARM_READINGS,
            self.task.recorded_cameras,
            self.image_size,
            self.task.goal_names,
            self.task.stages,
            self.task.max_steps,
            CONTROL_HZ,
        )

    @property
    def task_name(self) -> str:
        """Short name of the task."""
        return self.task.name

    @property
    def instruction(self) -> str:
        """This episode's instruction."""
        return self.task.instruction

    @property
    def goal(self) -> str:
        """What the instruction names, one of the task's `goal_names`."""
        return self.task.goal_names[self.task.goal]

    @property
    def variation_drawn(self) -> dict[str, Any]:
        """JSON-able record of what this episode's seed drew for `variation`."""
        return self.task.drawn.record()

    @property
    def status(self) -> Status:
        """The task's assessment of the world after the last step."""
        return self._status

    @property
    def closing(self) -> bool:
        """Whether the gripper is told to close."""
        return self.arm.controller.closing

    def tool(self) -> Pose:
        """The measured pose of the end effector in the base frame."""
        return self.arm.tool()

    @property
    def shown_cameras(self) -> tuple[str, ...]:
        """All cameras of the task, recorded or not."""
        return tuple(self.task.cameras)

    def camera_view(self, camera: str) -> CameraView:
        """Where a camera stands now."""
        return self.task.cameras[camera].view(self.arm)

    def towards(self, target: Pose, closing: bool, speed: float = 1.0) -> Action:
        """The action that brings the end effector nearer to a pose."""
        return steered(ARM_ACTION, self.arm.tool(), target, closing, speed)

    def object_poses(self) -> dict[str, Pose]:
        """Where the task's objects are, by the name of their label."""
        wanted = {item.label for item in self.task.objects}
        labels = self.task.labels
        return {
            labels[label]: self.world.pose(name)
            for name, body in self.world.bodies.items()
            if labels[label := self.world.labels[body]] in wanted
        }
