"""This module simulates the Franka Panda: its joints follow an end-effector target, smoothly.

ArmEnv passes each action to Arm.command() and runs Arm.follow() for one tick. The target stays
close to the measured pose, and the gripper keeps opening or closing until commanded otherwise.
"""

from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from . import kinematics
from .engine import pybullet
from .gripper import PANDA
from .rotations import (
    Vector,
    matrix_from_quat,
    normalised,
    quat_from_rotvec,
    quat_multiply,
    rotvec_between,
)
from .spaces import GRIP, METRES_PER_UNIT, MOVE, RADIANS_PER_UNIT, TURN, Action
from .world import PHYSICS_HZ, Pose, World

NAME = "arm"
FINGER_LINKS = (8, 9)
JOINTS = tuple(range(kinematics.NUM_JOINTS))
MOTORS = (*JOINTS, *FINGER_LINKS)

JOINT_FORCE_NM = (87.0, 87.0, 87.0, 87.0, 24.0, 24.0, 24.0)
GRIP_FORCE_N = 20.0
FORCES = (*JOINT_FORCE_NM, GRIP_FORCE_N, GRIP_FORCE_N)
POSITION_GAINS = (0.35,) * len(JOINTS) + (0.25,) * len(FINGER_LINKS)
VELOCITY_GAINS = (1.0,) * len(MOTORS)
FINGER_FRICTION = 1.2
GRIP_DEADBAND = 0.2
"""A grip command nearer to zero than this leaves the gripper's latch as it is."""
LEASH_M = 0.0008
"""How far the target may lead the end effector from one tick to the next, and so the farthest
that it can jump at a change of driver."""
LEASH_RAD = 0.02


@dataclass
class Controller:
    """The arm's targets and the gripper's latch; as much a part of the state as the joints are."""

    target_pos: Vector
    """Position of the end effector's target, metres in the base frame, [3]."""
    target_quat: Vector
    """Orientation of the end effector's target, xyzw [4]."""
    commanded: Vector
    """Joint angles last commanded, radians [7]."""
    closing: bool = False
    """The gripper's latch: it keeps closing, or keeps opening, until commanded otherwise."""

    def pack(self) -> NDArray[np.float64]:
        """Flat float64[15], the inverse of unpack()."""
        return np.concatenate(
            [self.target_pos, self.target_quat, self.commanded, [float(self.closing)]]
        )

    @classmethod
    def unpack(cls, packed: NDArray[np.float64]) -> "Controller":
        """Build the controller from pack()'s array [15]."""
        return cls(packed[:3].copy(), packed[3:7].copy(), packed[7:14].copy(), packed[14] > 0.5)


class Arm:
    """Seven joints and two fingers that follow a target; create one after World.clear()."""

    def __init__(self, world: World, joints: Vector, label: int = 0) -> None:
        self._world = world
        with resources.as_file(resources.files("sidestick.sim_envs.assets")) as assets:
            self.body = world.add_urdf(NAME, assets / "panda.urdf", label)
            """The engine's id of the robot."""
        self._solved: tuple[bytes, Pose] | None = None
        self.put(joints)
        for finger in FINGER_LINKS:
            pybullet.changeDynamics(
                self.body,
                finger,
                lateralFriction=FINGER_FRICTION,
                spinningFriction=0.02,
                rollingFriction=0.002,
                physicsClientId=world.client,
            )

    def put(
        self, joints: Vector, opening_m: float = PANDA.finger_open_m, closing: bool = False
    ) -> None:
        """Place the arm at rest at joint angles [7], with each finger open by `opening_m`."""
        values = [*joints, opening_m, opening_m]
        for joint, value in zip(MOTORS, values, strict=True):
            pybullet.resetJointState(
                self.body, joint, float(value), 0.0, physicsClientId=self._world.client
            )
        pose = kinematics.forward(joints)
        self.controller = Controller(*pose, joints.copy(), closing)

    def reseat(self) -> None:
        """Move the target to the measured end-effector pose, from which a new driver starts."""
        joints = self.joint_positions()
        position, quat = kinematics.forward(joints)
        self.controller = Controller(position, quat, joints, self.controller.closing)

    def command(self, action: Action) -> None:
        """Move the target by one checked action, float32[7]."""
        controller = self.controller
        move = np.asarray(action, np.float64)
        controller.target_pos = controller.target_pos + move[MOVE] * METRES_PER_UNIT
        step = quat_from_rotvec(move[TURN] * RADIANS_PER_UNIT)
        controller.target_quat = normalised(quat_multiply(step, controller.target_quat))
        if abs(move[GRIP]) > GRIP_DEADBAND:
            controller.closing = bool(move[GRIP] > 0)

    def follow(self, substeps: int) -> None:
        """Run `substeps` physics steps, in which the joints move evenly to the IK solution."""
        controller = self.controller
        start = controller.commanded
        end = kinematics.inverse(controller.target_pos, controller.target_quat, start)
        ways = list(zip(start.tolist(), (end - start).tolist(), strict=True))
        rate = PHYSICS_HZ / substeps
        velocities = [*(way * rate for _, way in ways), 0.0, 0.0]
        for i in range(substeps):
            share, finger = (i + 1) / substeps, self._finger_goal()
            pybullet.setJointMotorControlArray(
                self.body,
                MOTORS,
                pybullet.POSITION_CONTROL,
                targetPositions=[*(begin + way * share for begin, way in ways), finger, finger],
                targetVelocities=velocities,
                forces=FORCES,
                positionGains=POSITION_GAINS,
                velocityGains=VELOCITY_GAINS,
                physicsClientId=self._world.client,
            )
            self._world.step()
        controller.commanded = end
        self._leash()

    def _leash(self) -> None:
        """Bring the target back to within the leash, so that it stops where the arm is blocked."""
        controller, tool = self.controller, self.tool()
        lead = _shortened(controller.target_pos - tool.position, LEASH_M)
        turn = _shortened(rotvec_between(tool.quat, controller.target_quat), LEASH_RAD)
        controller.target_pos = tool.position + lead
        controller.target_quat = normalised(quat_multiply(quat_from_rotvec(turn), tool.quat))

    def _finger_goal(self) -> float:
        """Target of both fingers [m], about their mean position: the real gripper couples them."""
        left, right = self._joint_states(FINGER_LINKS)
        middle = (left[0] + right[0]) / 2
        step = PANDA.finger_speed_m_s / PHYSICS_HZ
        if self.controller.closing:
            return max(0.0, middle - 4 * step)
        return min(PANDA.finger_open_m, middle + step)

    def _joint_states(self, joints: tuple[int, ...]) -> list[tuple[float, ...]]:
        """Position, velocity, and more of each joint."""
        states: list[tuple[float, ...]] = pybullet.getJointStates(
            self.body, joints, physicsClientId=self._world.client
        )
        return states

    def joint_positions(self) -> Vector:
        """Measured joint angles, radians [7]."""
        return np.array([state[0] for state in self._joint_states(JOINTS)])

    def finger_positions(self) -> Vector:
        """How far each finger is open, metres [2]."""
        return np.array([state[0] for state in self._joint_states(FINGER_LINKS)])

    def finger_speed(self) -> float:
        """How fast the fingers open on average, m/s; negative while they close."""
        left, right = self._joint_states(FINGER_LINKS)
        return (left[1] + right[1]) / 2

    def tool(self) -> Pose:
        """Measured end-effector pose: the point between the finger tips; z points off the palm."""
        joints = self.joint_positions()
        if self._solved is None or self._solved[0] != joints.tobytes():
            self._solved = joints.tobytes(), Pose(*kinematics.forward(joints))
        pose = self._solved[1]
        return Pose(pose.position.copy(), pose.quat.copy())

    def point(self, offset_m: Vector) -> Vector:
        """A point given in the end effector's frame [3], in the base frame [3], metres."""
        tool = self.tool()
        return np.asarray(tool.position + matrix_from_quat(tool.quat) @ offset_m)

    def fingers_touching(self, name: str) -> int:
        """How many of the two fingers touch the named body."""
        return sum(self._world.touching(NAME, name, link) for link in FINGER_LINKS)

    def state(self) -> NDArray[np.float64]:
        """Joint and finger positions, their velocities, and the controller: float64[33]."""
        states = self._joint_states(MOTORS)
        positions, velocities = [state[0] for state in states], [state[1] for state in states]
        return np.concatenate([positions, velocities, self.controller.pack()])

    def set_state(self, state: NDArray[np.float64]) -> None:
        """Set joints and controller from a state() [33]; for pictures, not for exact replays."""
        joints = len(MOTORS)
        for i, joint in enumerate(MOTORS):
            pybullet.resetJointState(
                self.body, joint, state[i], state[joints + i], physicsClientId=self._world.client
            )
        self.controller = Controller.unpack(state[2 * joints :])


def _shortened(vector: Vector, longest: float) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector if length <= longest else vector * (longest / length)
