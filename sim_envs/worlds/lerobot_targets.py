"""What an action of a `LeRobotWorld` moves: joints by changes, or the end effector.

Both turn an action into targets of the joints, within limits of speed and place that hold for the
policy and the human alike, and what was really sent back into the action that it was.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import BadValue
from ..rotations import Vector, quat_from_rotvec, quat_multiply, rotvec_between
from ..world import Pose
from .spec import Axis, Reading
from .urdf_arm import UrdfArm

GRIPPER = "gripper"
"""Begins the name of the number that is the gripper's."""


class JointTargets:
    """Every number of an action moves one target."""

    readings: tuple[Reading, ...] = ()

    def __init__(
        self, names: Sequence[str], step: float, low: Vector, high: Vector, closing: int = 1
    ) -> None:
        """`step` is how far 1 moves a target in a tick, in the robot's unit (degrees); `closing` is
        -1 where the gripper's number falls as it closes."""
        self._low, self._high = low, high
        grips = [name.startswith(GRIPPER) for name in names]
        self._step = step * np.where(grips, closing, 1)
        self.axes = tuple(
            Axis(name, "grip" if name.startswith(GRIPPER) else "joint", "", math.radians(step))
            for name in names
        )

    def wanted(self, before: Vector, change: Vector) -> Vector:
        """The targets after a change."""
        return np.clip(before + change * self._step, self._low, self._high)

    def executed(self, before: Vector, sent: Vector) -> Vector:
        """The change that was sent."""
        return (sent - before) / self._step

    def seen(self, joints: Vector) -> dict[str, Vector]:
        """Nothing beside the joints."""
        return {}

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class Tool:
    """The end effector of an arm that a URDF describes, and how far and fast it may go."""

    urdf: Path | str
    """The arm's description; meshes are not needed."""
    link: str
    """The link of it that is steered."""
    joints: Mapping[str, str] = field(default_factory=dict)
    """The URDF's joint for each number of the robot; unless given, its name without ".pos"."""
    unit: float = math.radians(1.0)
    """Radians in a unit of the robot's joints: degrees unless given."""
    step_m: float = 0.01
    """How far 1 moves it in a tick along an axis: its speed is limited by that."""
    step_rad: float = 0.05
    """How far 1 turns it in a tick about an axis."""
    fastest: float = 10.0
    """How far a joint may go in a tick, in the robot's unit: near a singular pose all go slower."""
    low_m: tuple[float, float, float] = (-math.inf, -math.inf, -math.inf)
    """The workspace's corner with the least x, y and z, in the frame of the URDF's base."""
    high_m: tuple[float, float, float] = (math.inf, math.inf, math.inf)
    """Its opposite corner."""


class ToolTargets:
    """Three numbers move the tool, three turn it, the last is the gripper's."""

    def __init__(
        self,
        tool: Tool,
        names: Sequence[str],
        step: float,
        low: Vector,
        high: Vector,
        closing: int = 1,
    ) -> None:
        """`names` are the robot's numbers; the rest is as for joints."""
        self._tool, self._step = tool, step * closing
        self._grip = next((i for i, name in enumerate(names) if name.startswith(GRIPPER)), None)
        self._moved = [i for i in range(len(names)) if i != self._grip]
        own = [tool.joints.get(names[i], names[i].removesuffix(".pos")) for i in self._moved]
        self.arm = UrdfArm(Path(tool.urdf), tool.link, own)
        self._low, self._high = low, high
        low_m, high_m = np.array(tool.low_m), np.array(tool.high_m)
        if not (low_m < high_m).all():
            raise BadValue("workspace", "a low_m below high_m", (tool.low_m, tool.high_m))
        self._corners = low_m, high_m
        moves = [Axis(f"d{along}", "move", along, tool.step_m) for along in ("x", "y", "z")]
        turns = [Axis(f"r{along}", "turn", along, tool.step_rad) for along in ("x", "y", "z")]
        grip = () if self._grip is None else (Axis(names[self._grip], "grip"),)
        self.axes = (*moves, *turns, *grip)
        self.readings = (
            Reading("ee_pos", 3, "m", "measured position of the end effector in the base frame"),
            Reading("ee_quat", 4, "", "its orientation, xyzw"),
        )

    def pose(self, targets: Vector) -> Pose:
        """Where the tool is at targets or measured positions [N] of the robot's numbers."""
        return self.arm.pose(targets[self._moved] * self._tool.unit)

    def wanted(self, before: Vector, change: Vector) -> Vector:
        """The targets that move the tool by a change, as far as arm and limits allow."""
        now, turn = self.pose(before), change[3:6] * self._tool.step_rad
        place = np.clip(now.position + _shortened(change[:3]) * self._tool.step_m, *self._corners)
        goal = Pose(place, quat_multiply(quat_from_rotvec(turn), now.quat))
        start = before[self._moved] * self._tool.unit
        moved = (self.arm.joints_for(goal, start) - start) / self._tool.unit
        fastest = float(np.abs(moved).max()) if len(moved) else 0.0
        if fastest > self._tool.fastest:
            moved *= self._tool.fastest / fastest
        targets = before.copy()
        targets[self._moved] += moved
        if self._grip is not None:
            targets[self._grip] += change[-1] * self._step
        return self._inside(before, np.clip(targets, self._low, self._high))

    def executed(self, before: Vector, sent: Vector) -> Vector:
        """The change of the tool's pose, and of the gripper, that was sent."""
        was, now = self.pose(before), self.pose(sent)
        moved = (now.position - was.position) / self._tool.step_m
        turned = rotvec_between(was.quat, now.quat) / self._tool.step_rad
        grip = [] if self._grip is None else [(sent - before)[self._grip] / self._step]
        return np.concatenate([moved, turned, grip])

    def seen(self, joints: Vector) -> dict[str, Vector]:
        """The measured pose."""
        pose = self.pose(joints)
        return {"ee_pos": pose.position, "ee_quat": pose.quat}

    def close(self) -> None:
        """Free the engine."""
        self.arm.close()

    def _inside(self, before: Vector, targets: Vector) -> Vector:
        """The targets, or the arm's part of those before where they leave the workspace further."""
        if self._outside(targets) > max(self._outside(before), 1e-4):
            kept = targets.copy()
            kept[self._moved] = before[self._moved]
            return kept
        return targets

    def _outside(self, targets: Vector) -> float:
        """How far the tool is out of the workspace, metres."""
        low, high = self._corners
        place = self.pose(targets).position
        return float(np.maximum(np.maximum(low - place, place - high), 0.0).max())


def _shortened(move: Vector) -> Vector:
    """A translation of at most 1 in all: diagonally it is no faster."""
    length = float(np.linalg.norm(move))
    return move / length if length > 1.0 else move


def targets_of(
    tool: Tool | None,
    names: Sequence[str],
    step: float,
    limits: Mapping[str, tuple[float, float]],
    closing: int,
) -> JointTargets | ToolTargets:
    """The tool's where there is one, else the joints'; `limits` are by the robot's names."""
    if unknown := set(limits) - set(names):
        raise BadValue("limits", f"numbers of {', '.join(names)}", ", ".join(sorted(unknown)))
    ends = np.array([limits.get(name, (-np.inf, np.inf)) for name in names], np.float64)
    low, high = ends[:, 0], ends[:, 1]
    if tool is None:
        return JointTargets(names, step, low, high, closing)
    return ToolTargets(tool, names, step, low, high, closing)
