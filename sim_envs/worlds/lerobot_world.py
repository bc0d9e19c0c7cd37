"""`LeRobotWorld` is an arm behind LeRobot's `Robot` class, at real time.

It takes any object with that class's members, so nothing of LeRobot is imported here. Joints, or
the end effector by the kinematics of a URDF, are moved by changes (see `lerobot_targets`).
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import BadValue, WorldFailed
from ..spaces import IMAGE_SIZE, Action, Observation
from ..world import Pose
from .contract import Capability, TaskWorld
from .lerobot_targets import Tool, ToolTargets, targets_of
from .pictures import squared
from .spec import ActionSpec, Reading, WorldSpec
from .steering import steered

JOINTS = "joint_pos"
"""The reading that holds every number of the robot's observation."""
PATIENCE = 5
"""So many reads in a row may fail before the episode is given up; the arm holds meanwhile."""
MOVING, DONE = "moving", "done"


class Robot(Protocol):
    """The members of LeRobot's Robot that are used."""

    observation_features: Mapping[str, Any]
    action_features: Mapping[str, Any]
    is_connected: bool

    def connect(self) -> None:
        """Open the bus and the cameras."""

    def disconnect(self) -> None:
        """Close them."""

    def get_observation(self) -> Mapping[str, Any]:
        """Numbers by name, and pictures uint8[height, width, 3]."""

    def send_action(self, action: dict[str, float]) -> Mapping[str, float]:
        """Move; what was really sent comes back."""


class LeRobotWorld(TaskWorld):
    """A robot driven by changes of its targets; a person judges, and puts the scene in order."""

    def __init__(
        self,
        robot: Robot,
        task: str,
        instruction: str = "",
        image_size: int = IMAGE_SIZE,
        hz: int = 20,
        step: float = 2.0,
        limits: Mapping[str, tuple[float, float]] | None = None,
        tool: Tool | None = None,
        closing: int = 1,
        max_steps: int = 1200,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`step` is how far 1 moves a target in a tick, in the robot's units (degrees); `limits`
        are the lowest and highest target of an axis, by name. With a `tool` actions move that, and
        `step` is the gripper's. `closing` is -1 where the gripper's number falls as it closes."""
        self.robot, self._instruction = robot, instruction or task
        self._clock, self._sleep = clock, sleep
        if not robot.is_connected:
            robot.connect()
        names, seen = tuple(robot.action_features), robot.observation_features
        self._numbers = tuple(n for n in names if n in seen)
        if self._numbers != names:
            missing = ", ".join(sorted(set(names) - set(seen)))
            raise BadValue("robot", "an observation of every joint that it moves", missing)
        self._cameras = tuple(n for n, kind in seen.items() if isinstance(kind, tuple))
        self._targets = targets_of(tool, names, step, limits or {}, closing)
        hand = frozenset({Capability.HAND}) if tool is not None else frozenset()
        self.capabilities = frozenset({Capability.REAL_TIME}) | hand
        body = (Reading(JOINTS, len(names), "deg", "measured positions, in the robot's order"),)
        sizes = (self._cameras, image_size, (task,), (MOVING, DONE), max_steps, hz)
        spec = ActionSpec(self._targets.axes)
        self._spec = WorldSpec(task, spec, (*body, *self._targets.readings), *sizes)
        self._target = np.zeros(len(names))
        self._last: Observation = {}
        self._failed, self._due = 0, 0.0

    @property
    def world_spec(self) -> WorldSpec:
        """What it takes and gives."""
        return self._spec

    @property
    def instruction(self) -> str:
        """What the operator reads."""
        return self._instruction

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin where the arm is: a person has put the scene in order. No seed repeats it."""
        self._failed, self._due = 0, self._clock()
        seen = self._observe()
        self.reseat()
        return seen, {}

    def reseat(self) -> None:
        """Let the targets be where the joints are."""
        self._target = self._joints().astype(np.float64)

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Move for one tick of real time; `info["executed"]` is the action that was really sent."""
        change = self._spec.action.checked(action).astype(np.float64)
        self._wait()
        before = self._target
        self._target = sent = self._send(self._targets.wanted(before, change))
        executed = np.clip(self._targets.executed(before, sent), -1.0, 1.0).astype(np.float32)
        return self._observe(), 0.0, False, False, {"executed": executed}

    def hold(self) -> None:
        """Send the arm to where it is."""
        with contextlib.suppress(WorldFailed):
            self._target = self._send(self._joints().astype(np.float64))

    @property
    def connected(self) -> bool:
        """Whether the robot says that it is there."""
        return bool(self.robot.is_connected)

    def close(self) -> None:
        """Hold still, and let go of the robot."""
        if self.robot.is_connected:
            if self._last:
                self.hold()
            self.robot.disconnect()
        self._targets.close()

    def tool(self) -> Pose:
        """The measured pose of the end effector."""
        if isinstance(self._targets, ToolTargets) and self._last:
            return self._targets.pose(self._joints().astype(np.float64))
        return super().tool()

    def towards(self, target: Pose, closing: bool, speed: float = 1.0) -> Action:
        """The action that brings the end effector nearer to a pose."""
        self.require(Capability.HAND, "steering to a pose")
        return steered(self._spec.action, self.tool(), target, closing, speed)

    def _joints(self) -> NDArray[np.generic]:
        return self._last[JOINTS]

    def _send(self, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.robot.is_connected:
            raise WorldFailed(f"{self._spec.task}: the robot is not connected any more")
        given = dict(zip(self._numbers, wanted.tolist(), strict=True))
        try:
            sent = self.robot.send_action(given)
        except Exception as error:
            raise WorldFailed(f"{self._spec.task}: send_action() failed: {error}") from error
        return np.array([float(sent.get(n, given[n])) for n in self._numbers])

    def _observe(self) -> Observation:
        """What the robot shows; the last of it where a read fails, while the arm holds."""
        try:
            seen = self.robot.get_observation()
            self._last = self._converted(seen)
            self._failed = 0
        except Exception as error:
            self._failed += 1
            if not self._last or self._failed >= PATIENCE or not self.robot.is_connected:
                task, times = self._spec.task, self._failed
                raise WorldFailed(f"{task}: {times} reads in a row failed: {error}") from error
            self.hold()
        return {key: np.array(value) for key, value in self._last.items()}

    def _converted(self, seen: Mapping[str, Any]) -> Observation:
        joints = np.array([float(seen[n]) for n in self._numbers], np.float32)
        if not np.isfinite(joints).all():
            raise WorldFailed(f"{JOINTS}: expected finite numbers, got {joints.tolist()}")
        size = self._spec.image_size
        pictures = {f"{c}_image": squared(c, seen[c], size) for c in self._cameras}
        pose = self._targets.seen(joints.astype(np.float64))
        told = {name: np.asarray(values, np.float32) for name, values in pose.items()}
        return {**pictures, JOINTS: joints, **told, "goal": np.ones(1, np.float32)}

    def _wait(self) -> None:
        """Wait until a tick has passed since the last one; the window comes no earlier anyway."""
        ahead = self._due - self._clock()
        if ahead > 0:
            self._sleep(ahead)
        self._due = self._clock() + 1 / self._spec.control_hz
