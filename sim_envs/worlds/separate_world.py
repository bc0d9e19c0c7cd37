"""`SeparateWorld` is a world that runs in a process of its own: what hangs or leaks is stopped.

It says and does what the world there says and does; an episode that a stopped world leaves behind
is kept by whoever records it, and the next reset begins with a new process.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cameras import CameraView
from ..spaces import Action, Image, Observation
from ..tasks.task import Status
from ..world import Pose
from .contract import Capability, TaskWorld
from .process_options import ProcessOptions
from .spec import WorldSpec
from .world_facts import Facts
from .world_process import WorldProcess


class Elsewhere(int):
    """The number of a moment that the other process keeps."""


class SeparateWorld(TaskWorld):
    """A world of `worlds.naming`, by its name and its own keywords."""

    def __init__(
        self, name: str, image_size: int, keywords: Mapping[str, Any], options: ProcessOptions
    ) -> None:
        self._made = (name, image_size, dict(keywords), options)
        self._process = WorldProcess(*self._made)
        about = self._process.about
        self._spec: WorldSpec = about.spec
        self.capabilities = about.capabilities
        self._about = about
        self._facts: Facts | None = None

    @property
    def world_spec(self) -> WorldSpec:
        """What it takes and gives."""
        return self._spec

    @property
    def instruction(self) -> str:
        """This episode's instruction."""
        if self._facts is None:
            return str(self._process.call("instruction"))
        return self._facts.instruction

    @property
    def renderer_name(self) -> str:
        """What draws its pictures."""
        return str(self._about.renderer)

    @property
    def native_range(self) -> tuple[tuple[float, float], ...]:
        """The world's own numbers at -1 and 1."""
        found: tuple[tuple[float, float], ...] = self._about.native_range
        return found

    @property
    def shown_cameras(self) -> tuple[str, ...]:
        """The cameras that the operator may look through."""
        found: tuple[str, ...] = self._about.shown_cameras
        return found

    @property
    def goal(self) -> str:
        """What the instruction names."""
        return super().goal if self._facts is None else self._facts.goal

    @property
    def status(self) -> Status:
        """The world's verdict after the last step."""
        return super().status if self._facts is None else self._facts.status

    @property
    def closing(self) -> bool:
        """Whether the gripper is told to close."""
        return self._facts is not None and self._facts.closing

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode, in a new process where the last one was stopped."""
        if not self._process.alive:
            self._process = WorldProcess(*self._made)
        begun: tuple[Observation, dict[str, Any]] = self._do("reset", seed, options)
        return begun

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Run one control tick there."""
        checked = self._spec.action.checked(action)
        stepped: tuple[Observation, float, bool, bool, dict[str, Any]]
        stepped = self._do("step", checked, self.images_due)
        return stepped

    def close(self) -> None:
        """End the process; closing twice is safe."""
        self._process.end()

    def build(self, seed: int | None) -> None:
        """Begin an episode for a replay."""
        self._do("build", seed)

    def advance(self, action: Action) -> None:
        """Step for a replay."""
        self._do("advance", self._spec.action.checked(action))

    def reseat(self) -> None:
        """Move the target to where the arm is."""
        self._do("reseat")

    def state(self) -> NDArray[np.float64]:
        """Everything that a replay compares."""
        return super().state() if self._facts is None else self._facts.state.copy()

    def snapshot(self) -> Elsewhere:
        """This moment, which is kept there."""
        return Elsewhere(self._process.call("snapshot"))

    def restore(self, snapshot: Any) -> Observation:
        """Go back to a snapshot of this episode."""
        seen: Observation = self._do("restore", int(snapshot))
        return seen

    def tool(self) -> Pose:
        """The measured pose of the end effector."""
        if self._facts is None or self._facts.tool is None:
            return super().tool()
        return self._facts.tool

    def towards(self, target: Pose, closing: bool, speed: float = 1.0) -> Action:
        """The action that brings the end effector nearer to a pose."""
        action: Action = self._process.call("towards", target, closing, speed)
        return action

    def camera_view(self, camera: str) -> CameraView | None:
        """Where a camera stands now."""
        view: CameraView | None = self._process.call("camera_view", camera)
        return view

    def shown(self, camera: str) -> Image | None:
        """The newest picture of a camera for the operator."""
        picture: Image | None = self._process.call("shown", camera)
        return picture

    def object_poses(self) -> dict[str, Pose]:
        """Where objects are."""
        poses: dict[str, Pose] = self._process.call("object_poses")
        return poses

    def picture(self, camera: str, width: int, height: int) -> Image:
        """The world as a camera sees it now."""
        picture: Image = self._process.call("picture", camera, width, height)
        return picture

    def expert_action(self) -> Action:
        """What somebody who knows the task would do now."""
        action: Action = self._process.call("expert_action")
        return action

    def hold(self) -> None:
        """Stop where it is, at once."""
        self.require(Capability.REAL_TIME, "holding still")
        self._process.call("hold")

    def cpu_s(self) -> float:
        """CPU time that its process has taken, s."""
        return float(self._process.call("cpu_s"))

    def versions(self) -> dict[str, str]:
        """The packages that the world is made of."""
        found: dict[str, str] = self._process.call("versions")
        return found

    def _do(self, what: str, *arguments: Any) -> Any:
        """Let the world go on; what a tick asks of it is known here from then on."""
        answer, self._facts = self._process.call(what, *arguments)
        return answer
