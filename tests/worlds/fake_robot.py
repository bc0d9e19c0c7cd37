"""A robot with LeRobot's members and no hardware: latency, dropped reads, a pulled cable."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sidestick.sim_envs.worlds.lerobot_targets import Tool
from sidestick.sim_envs.worlds.lerobot_world import LeRobotWorld

JOINTS = ("shoulder.pos", "elbow.pos", "gripper.pos")


class FakeRobot:
    """Joints and a gripper, degrees; it follows half of the way to a target in a tick."""

    def __init__(
        self,
        slowest: float = 5.0,
        joints: Sequence[str] = JOINTS,
        at: Sequence[float] = (10.0, -20.0, 0.0),
    ) -> None:
        self.joints = tuple(joints)
        self.observation_features = {**dict.fromkeys(joints, float), "top": (48, 64, 3)}
        self.action_features = dict.fromkeys(joints, float)
        self.is_connected, self.sent = False, list[dict[str, float]]()
        self.at, self.slowest = np.array(at), slowest
        self.dropped = 0
        """So many of the next reads fail."""

    def connect(self) -> None:
        """Plug it in."""
        self.is_connected = True

    def disconnect(self) -> None:
        """Let go."""
        self.is_connected = False

    def pull_the_cable(self) -> None:
        """Nobody asked for it."""
        self.is_connected, self.dropped = False, 10**6

    def get_observation(self) -> Mapping[str, Any]:
        """Joints and a picture."""
        if self.dropped:
            self.dropped -= 1
            raise ConnectionError("no status packet")
        picture = np.full((48, 64, 3), int(abs(self.at[0])) % 255, np.uint8)
        return {**dict(zip(self.joints, self.at.tolist(), strict=True)), "top": picture}

    def send_action(self, action: dict[str, float]) -> Mapping[str, float]:
        """It cuts a target that is too far away, and says so."""
        wanted = np.array([action[name] for name in self.joints])
        cut = self.at + np.clip(wanted - self.at, -self.slowest, self.slowest)
        self.at = self.at + 0.5 * (cut - self.at)
        self.sent.append(dict(zip(self.joints, cut.tolist(), strict=True)))
        return self.sent[-1]


def make(image_size: int = 32, **options: Any) -> LeRobotWorld:
    """Its world, in which no time passes by itself; `tests.worlds.fake_robot:make`."""
    given = {"task": "StackCubes", "instruction": "stack the cubes", "max_steps": 200, **options}
    return LeRobotWorld(FakeRobot(), image_size=image_size, sleep=lambda _: None, **given)


def make_hand(image_size: int = 32, **options: Any) -> LeRobotWorld:
    """A fake Panda whose end effector is driven; `tests.worlds.fake_robot:make_hand`."""
    names = (*(f"joint{number}.pos" for number in range(1, 8)), "gripper.pos")
    robot = FakeRobot(30.0, names, (0.0, -34.0, 0.0, -137.0, 0.0, 137.0, 45.0, 20.0))
    urdf = Path(__file__).parents[2] / "sim_envs/assets/panda.urdf"
    given = {"task": "StackCubes", "tool": Tool(urdf, "hand"), "max_steps": 200, **options}
    return LeRobotWorld(robot, image_size=image_size, sleep=lambda _: None, **given)
