"""ArmEnv runs one task as a Gymnasium environment; make_task_env() builds it.

step() takes a 7-d action for one control tick and gives a dictionary of observations.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from . import kinematics
from .arm import Arm
from .domain_randomization import variation_stream
from .errors import BadValue, UnknownName
from .renderers import Renderer, make_renderer
from .reset_options import reseats_of
from .snapshot import Snapshot
from .spaces import (
    CONTROL_HZ,
    FRONT,
    IMAGE_SIZE,
    Action,
    Image,
    Observation,
    action_space,
    checked_action,
    observation_space,
)
from .tasks.task import Status, Task
from .world import PHYSICS_HZ, NotCopied, World
from .worlds.arm_world import ArmWorld

SUBSTEPS = PHYSICS_HZ // CONTROL_HZ
START_IK_ITERATIONS = 60
VIEW_SIZE = (640, 480)


class ArmEnv(NotCopied, gym.Env[Observation, Action], ArmWorld):
    """A Panda, cameras and one task; the same seed and actions give the same bits."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": CONTROL_HZ}  # noqa: RUF012

    def __init__(
        self,
        task: Task,
        renderer: str = "tiny",
        image_size: int = IMAGE_SIZE,
        render_mode: str | None = None,
    ) -> None:
        if not (isinstance(image_size, int) and 16 <= image_size <= 1024):
            raise BadValue("image_size", "an integer from 16 to 1024 (pixels)", image_size)
        self.task = task
        self.render_mode = render_mode
        self.image_size = image_size
        self.renderer: Renderer = make_renderer(renderer)
        self.world = World()
        self.images_due = True
        """Set False before a step to get the previous images again: rendering is slow."""
        self.action_space = cast(gym.Space[Action], action_space())
        spaces = observation_space(len(task.goal_names), image_size, task.recorded_cameras)
        self.observation_space = cast(gym.Space[Observation], spaces)
        self._images: dict[str, Image] = {}
        self.elapsed = self._episode = 0  # ticks since the reset, resets
        self._beginning: Mapping[str, Any] = {}  # the generator's state that built the episode
        self._history: list[Action | None] = []  # becomes Snapshot.history
        self._reseats = reseats_of(None)
        self._status = Status(False, task.stages[0], 0.0)
        self._arm: Arm | None = None

    @property
    def arm(self) -> Arm:
        """The arm; there is one from the first reset on."""
        if self._arm is None:
            raise gym.error.ResetNeeded("call reset() before using the environment")
        return self._arm

    @property
    def renderer_name(self) -> str:
        """The name of the renderer."""
        return self.renderer.name

    @property
    def env_kwargs(self) -> dict[str, Any]:
        """JSON-able keywords with which make_task_env() builds this environment again."""
        rest = {"renderer": self.renderer.name, "image_size": self.image_size}
        return {key: getattr(self.task, key) for key in self.task.variants()} | rest

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Rebuild the world from the seed; see Gymnasium.

        Of the options, `reseats` is known, by which recorded actions repeat an episode: the ticks
        at which its target was re-seated.
        """
        reseats = reseats_of(options)
        self.build(seed)
        self._reseats = reseats
        self.images_due = True
        return self._observe(), self._info()

    def build(self, seed: int | None) -> None:
        """Rebuild the world without drawing it: a reset that renders nothing."""
        super().reset(seed=seed)
        if not self.world.is_open:
            raise gym.error.ClosedEnvironmentError("the environment is closed")
        self.build_from(self.np_random.bit_generator.state)

    def build_from(self, beginning: Mapping[str, Any]) -> None:
        """Rebuild the world from a state of `np_random`'s bit generator, as `build` does."""
        self.np_random.bit_generator.state = self._beginning = beginning
        self._reseats = reseats_of(None)
        self._episode += 1
        self._assemble()

    def _assemble(self) -> None:
        """Build the world and let the objects come to rest."""
        self.world.clear()
        self.task.vary(self.world, variation_stream(self._beginning))
        self.task.furnish(self.world)
        start = self.task.start_pose(self.np_random)
        joints = kinematics.inverse(
            start.position, start.quat, kinematics.REST_RAD, START_IK_ITERATIONS
        )
        self._arm = Arm(self.world, joints, self.task.labels.index("robot"))
        self.task.begin(self.world, self.np_random)
        self.task.add_clutter(self.world)
        for _ in range(self.task.settle_steps // SUBSTEPS):
            self._arm.follow(SUBSTEPS)
        self._arm.reseat()
        self._history = []
        self.elapsed = 0
        self._status = self.task.assess(self.world, self._arm)

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Run one control tick; raises BadAction for an action that is not finite float[7]."""
        self.advance(action)
        success = self.status.success
        return self._observe(), float(success), success, False, self._info()

    def advance(self, action: Action) -> None:
        """Step by an action [7] without observing: for replays, at a fraction of the cost."""
        if not self.world.is_open:
            raise gym.error.ClosedEnvironmentError("the environment is closed")
        checked = checked_action(action)
        if self.elapsed in self._reseats:
            self.reseat()
        self.arm.command(checked)
        self._history.append(checked)
        self.arm.follow(SUBSTEPS)
        self.elapsed += 1
        self._status = self.task.assess(self.world, self.arm)

    def reseat(self) -> None:
        """Move the target to the measured pose; call it at every change of driver."""
        self.arm.reseat()
        if not self._history or self._history[-1] is not None:  # twice is as once
            self._history.append(None)

    def _observe(self) -> Observation:
        if self.images_due or not self._images:
            self._images = self.recorded_pictures()
        images = {key: image.copy() for key, image in self._images.items()}
        return {**images, **self.proprioception()}

    def recorded_pictures(self) -> dict[str, Image]:
        """What the recorded cameras see now, by the key of an observation."""
        return {
            f"{name}_image": self.picture(name, self.image_size, self.image_size)
            for name in self.task.recorded_cameras
        }

    def proprioception(self) -> dict[str, NDArray[np.float32]]:
        """What an observation holds beside the images: arm, fingers and goal."""
        tool = self.arm.tool()
        return {
            "joint_pos": self.arm.joint_positions().astype(np.float32),
            "ee_pos": tool.position.astype(np.float32),
            "ee_quat": tool.quat.astype(np.float32),
            "gripper_qpos": self.arm.finger_positions().astype(np.float32),
            "goal": self.task.goal_vector(),
        }

    def _info(self) -> dict[str, Any]:
        return {**asdict(self.status), "instruction": self.instruction}

    def picture(self, camera: str, width: int, height: int) -> Image:
        """The world as a camera sees it now, uint8 [height, width, 3]."""
        return self.renderer.picture(self.world, self._view(camera), width, height)

    def labelled(self, camera: str, width: int, height: int) -> tuple[Image, NDArray[np.int64]]:
        """A picture, and the index into `task.labels` of each pixel, int64 [height, width]."""
        return self.renderer.labelled(self.world, self._view(camera), width, height)

    def _view(self, camera: str) -> Any:
        if camera not in self.task.cameras:
            raise UnknownName("camera", camera, self.task.cameras)
        return self.task.cameras[camera].view(self.arm)

    def render(self) -> Image | None:
        """The front camera at 640 x 480 in the mode "rgb_array", else None."""
        return self.picture(FRONT, *VIEW_SIZE) if self.render_mode == "rgb_array" else None

    def state(self) -> NDArray[np.float64]:
        """Everything that a replay compares: arm, bodies, task memory; flat float64 [S]."""
        return np.concatenate([self.arm.state(), self.world.body_states(), self.task.memory])

    def show(self, state: NDArray[np.float64]) -> None:
        """Pose the world as in a recorded state() [S], for pictures; it continues inexactly."""
        memory, arm = len(self.task.memory), len(self.arm.state())
        self.arm.set_state(state[:arm])
        self.world.set_body_states(state[arm : len(state) - memory])
        self.task.memory = state[len(state) - memory :].copy()

    def snapshot(self) -> Snapshot:
        """The current moment, from which restore() continues bit for bit."""
        return Snapshot(tuple(self._history), self._episode)

    def restore(self, snapshot: Snapshot) -> Observation:
        """Go back to a snapshot of this episode; raises BadValue for one of another episode.

        The episode is resimulated up to there, some 2 ms a tick: a state that the engine saved
        and restored diverged in 11 of 34 episodes in which objects were touched.
        """
        if snapshot.episode != self._episode:
            raise BadValue("snapshot", "one taken since the last reset", "one of an older episode")
        self.np_random.bit_generator.state = self._beginning
        self._assemble()
        for action in snapshot.history:
            if action is None:
                self.reseat()
            else:
                self.advance(action)
        self.images_due = True
        return self._observe()

    def close(self) -> None:
        """Free the engine and the renderer; closing twice is safe."""
        self.renderer.close()
        self.world.close()
