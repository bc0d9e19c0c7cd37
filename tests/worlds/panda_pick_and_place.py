"""panda-gym's pick-and-place as a world, with an expert written against the contract."""

from typing import Any

import gymnasium
import numpy as np
import panda_gym  # type: ignore[import-not-found]  # noqa: F401 (registers its environments)

from sidestick.sim_envs.spaces import Action
from sidestick.sim_envs.world import Pose
from sidestick.sim_envs.worlds.contract import Capability
from sidestick.sim_envs.worlds.gym_world import GymWorld

STEP_M = 0.05
"""How far an action of 1 asks the hand to go."""
READINGS = {
    "ee_pos": ("observation", 0, 3),
    "ee_vel": ("observation", 3, 6),
    "gripper": ("observation", 6, 7),
    "target": ("desired_goal", 0, 3),
}
"""What a policy reads beside the picture; where the cube is, is not among it."""
AXES = [
    *({"name": f"d{a}", "kind": "move", "along": a, "per_unit": STEP_M} for a in "xyz"),
    {"name": "grip", "kind": "grip", "low": 1.0, "high": -1.0},  # its 1 opens, ours closes
]
ABOVE_M, NEAR_M, HELD_M = 0.06, 0.02, 0.06
UP = np.array([0.0, 0.0, 1.0])
RED = (0.9, 0.1, 0.1, 0.3)
"""Of the target: it comes in the cube's green, and TinyRenderer draws nothing transparent."""


class PandaPickAndPlace(GymWorld):
    """It knows where its hand, its cube and its target are."""

    def __init__(self, env: Any, image_size: int, **options: Any) -> None:
        super().__init__(env, image_size, **options)
        self.capabilities |= {Capability.HAND, Capability.OBJECTS}
        sim = env.unwrapped.sim
        target = sim._bodies_idx["target"]
        sim.physics_client.changeVisualShape(target, -1, rgbaColor=RED)

    def tool(self) -> Pose:
        """The hand; it never turns."""
        return Pose(self._raw["observation"][:3].astype(np.float64), np.array([0.0, 0, 0, 1]))

    def object_poses(self) -> dict[str, Pose]:
        """The cube, and where it belongs."""
        places = {"cube": "achieved_goal", "target": "desired_goal"}
        still = np.array([0.0, 0, 0, 1])
        return {n: Pose(self._raw[key].astype(np.float64), still) for n, key in places.items()}

    def expert_action(self) -> Action:
        """Over the cube, down, close, to the target."""
        hand, poses = self.tool().position, self.object_poses()
        cube, target = poses["cube"].position, poses["target"].position
        aside = float(np.linalg.norm((hand - cube)[:2]))
        width = float(self._raw["observation"][6])
        held = np.linalg.norm(hand - cube) < NEAR_M and width < HELD_M
        if held:
            return self.towards(Pose(target, self.tool().quat), closing=True, speed=0.8)
        if aside > NEAR_M and hand[2] < cube[2] + ABOVE_M / 2:
            return self.towards(Pose(hand + UP * ABOVE_M, self.tool().quat), closing=False)
        above = cube + UP * (ABOVE_M if aside > NEAR_M / 2 else 0.0)
        near = float(np.linalg.norm(hand - cube)) < NEAR_M
        return self.towards(Pose(above, self.tool().quat), closing=near, speed=0.6)


def make(image_size: int = 96, max_steps: int = 150, **options: Any) -> PandaPickAndPlace:
    """The world; `--env tests.worlds.panda_pick_and_place:make`."""
    env = gymnasium.make(
        "PandaPickAndPlace-v3",
        render_mode="rgb_array",
        max_episode_steps=max_steps,
        render_width=image_size,
        render_height=image_size,
        render_distance=0.8,
        render_target_position=[0.0, 0.0, 0.1],
    )
    own = {"instruction": "bring the cube to the target", "axes": AXES, "readings": READINGS}
    return PandaPickAndPlace(env, image_size, **{**own, "deterministic": True, **options})
