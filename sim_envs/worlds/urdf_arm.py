"""`UrdfArm` computes where the tool of an arm is, and joints that bring it elsewhere, from a URDF.

PyBullet reads the file and gives poses and Jacobians without a window; nothing is simulated. The
inverse is damped least squares, as for the built-in arm (see `kinematics`).
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from ..engine import pybullet
from ..errors import BadValue
from ..rotations import Vector, rotvec_between
from ..world import NotCopied, Pose

DAMPING = 0.02
ITERATIONS = 8
MOST_STEP_RAD = 0.2
TURN_WEIGHT_M = 0.1
"""A radian of wrong orientation counts as so many metres of wrong position: an arm of five joints
reaches every place, and not every orientation there."""
UNIT_MASS = (
    '<inertial><origin xyz="0 0 0"/><mass value="1"/>'
    '<inertia ixx="1" ixy="0" ixz="0" iyy="1" iyz="0" izz="1"/></inertial>'
)
"""Of each link, at its frame, which then is the point that Jacobians are of."""


class UrdfArm(NotCopied):
    """The chain of joints that a robot's numbers move, and one link of it, the tool."""

    def __init__(self, urdf: Path, tool: str, joints: Sequence[str]) -> None:
        """`joints` are names of the file's, in the order of the robot's numbers."""
        self._client: int | None = pybullet.connect(pybullet.DIRECT)
        try:
            self._body = _loaded(urdf, self._client)
        except BadValue:
            self.close()
            raise
        count = pybullet.getNumJoints(self._body, physicsClientId=self._client)
        found = [self._call("getJointInfo", number) for number in range(count)]
        links = {info[12].decode(): number for number, info in enumerate(found)}
        named = {info[1].decode(): number for number, info in enumerate(found)}
        for kind, name, known in (
            ("link", tool, links), *(("joint", joint, named) for joint in joints)
        ):  # fmt: skip
            if name not in known:
                self.close()
                raise BadValue(f"urdf {kind}", f"one of {', '.join(known)}", name)
        self._tool, self._joints = links[tool], [named[joint] for joint in joints]
        movable = [n for n, info in enumerate(found) if info[2] != pybullet.JOINT_FIXED]
        self._columns = [movable.index(number) for number in self._joints]
        self._all = np.zeros(len(movable))
        ends = np.array([found[number][8:10] for number in self._joints], np.float64)
        endless = ends[:, 0] >= ends[:, 1]
        self.low = np.where(endless, -np.inf, ends[:, 0])
        self.high = np.where(endless, np.inf, ends[:, 1])

    def pose(self, joints: Vector) -> Pose:
        """Where the tool is at joint positions [J], radians or metres."""
        for number, value in zip(self._joints, joints.tolist(), strict=True):
            self._call("resetJointState", number, value)
        state = self._call("getLinkState", self._tool, computeForwardKinematics=True)
        return Pose(np.array(state[4]), np.array(state[5]))

    def joints_for(self, target: Pose, start: Vector) -> Vector:
        """Joint positions [J] near `start`, within their limits, that bring the tool nearest."""
        joints = np.clip(start, self.low, self.high)
        weights = np.array([1.0] * 3 + [TURN_WEIGHT_M] * 3)
        for _ in range(ITERATIONS):
            now = self.pose(joints)
            error = np.concatenate(
                [target.position - now.position, rotvec_between(now.quat, target.quat)]
            )
            matrix = self._jacobian(joints) * weights[:, None]
            free = ~self._blocked(joints, matrix.T @ (error * weights))
            part = matrix[:, free]
            damped = part @ part.T + DAMPING**2 * TURN_WEIGHT_M * np.eye(6)
            step = np.zeros(len(joints))
            step[free] = part.T @ np.linalg.solve(damped, error * weights)
            step *= min(1.0, MOST_STEP_RAD / max(float(np.abs(step).max()), 1e-12))
            joints = np.clip(joints + step, self.low, self.high)
        return joints

    def close(self) -> None:
        """Free the engine; closing twice is safe."""
        client, self._client = self._client, None
        if client is not None:
            pybullet.disconnect(client)

    def _blocked(self, joints: Vector, wanted: Vector) -> np.ndarray:
        """Joints at a limit that would have to go beyond it: they keep no others from moving."""
        low, high = joints <= self.low, joints >= self.high
        return np.asarray((low & (wanted < 0)) | (high & (wanted > 0)))

    def _jacobian(self, joints: Vector) -> Vector:
        """The tool's Jacobian [6, J], at the pose that was computed last."""
        self._all[self._columns] = joints
        values, still = self._all.tolist(), [0.0] * len(self._all)
        parts = self._call("calculateJacobian", self._tool, (0.0, 0.0, 0.0), values, still, still)
        return np.vstack([np.array(part) for part in parts])[:, self._columns]

    def _call(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        call = getattr(pybullet, name)
        return call(self._body, *arguments, **keywords, physicsClientId=self._client)


def _loaded(urdf: Path, client: int) -> int:
    """The body of a description; of its links the frames alone are taken, no meshes and masses."""
    if not urdf.is_file():
        raise BadValue("urdf", "a file", urdf)
    try:
        tree = ElementTree.parse(urdf)
        for link in tree.iter("link"):
            for part in [*link]:
                link.remove(part)
            link.append(ElementTree.fromstring(UNIT_MASS))
        with tempfile.NamedTemporaryFile(suffix=".urdf") as file:
            tree.write(file, encoding="utf-8")
            file.flush()
            return int(pybullet.loadURDF(file.name, useFixedBase=True, physicsClientId=client))
    except (ElementTree.ParseError, OSError, pybullet.error) as error:
        told = f"{urdf}: {error}"
        raise BadValue("urdf", "a description that PyBullet reads", told) from None
