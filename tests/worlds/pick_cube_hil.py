"""gym-hil's PandaPickCube as a world: pixels, the arm's state, and an expert of ten lines."""

from typing import Any

import gym_hil  # type: ignore[import-not-found]  # noqa: F401 (registers its environments)
import gymnasium
import numpy as np
from gym_hil.mujoco_gym_env import GymRenderingSpec  # type: ignore[import-not-found]

from sidestick.sim_envs.spaces import Action
from sidestick.sim_envs.world import Pose
from sidestick.sim_envs.worlds.contract import Capability
from sidestick.sim_envs.worlds.gym_world import GymWorld

STEP_M = 0.025
"""How far an action of 1 moves the target; its own unit is metres."""
AXES = [
    *(
        {"name": f"d{a}", "kind": "move", "along": a, "per_unit": STEP_M,
         "low": -STEP_M, "high": STEP_M}
        for a in "xyz"
    ),
    *({"name": f"r{a}", "low": -1.0, "high": 1.0} for a in "xyz"),  # it does nothing with them
    {"name": "grip", "kind": "grip", "low": -1.0, "high": 1.0},
]  # fmt: skip
ABOVE_M, NEAR_M, DONE_M = 0.08, 0.012, 0.25
STILL = np.array([0.0, 0.0, 0.0, 1.0])


class PickCube(GymWorld):
    """It knows where its hand and its cube are."""

    def __init__(self, env: Any, image_size: int, **options: Any) -> None:
        super().__init__(env, image_size, **options)
        self.capabilities |= {Capability.HAND, Capability.OBJECTS}
        self._grasped = 0

    def reset(self, **given: Any) -> Any:
        """Begin an episode."""
        self._grasped = 0
        return super().reset(**given)

    def tool(self) -> Pose:
        """The point between the fingers; it never turns."""
        return Pose(self._raw["agent_pos"][-3:].astype(np.float64), STILL)

    def object_poses(self) -> dict[str, Pose]:
        """The cube, which the pixels show and the policy's numbers do not."""
        inner: Any = self.env.unwrapped
        return {"cube": Pose(np.array(inner.data.sensor("block_pos").data), STILL)}

    def expert_action(self) -> Action:
        """Over the cube, down, close for some ticks, up."""
        hand, cube = self.tool().position, self.object_poses()["cube"].position
        away = hand - cube
        low = float(np.linalg.norm(away[:2])) < NEAR_M
        at = low and abs(float(away[2])) < NEAR_M
        self._grasped += at and self._grasped < 4
        if self._grasped >= 4:
            up = Pose(np.array([*cube[:2], DONE_M]), STILL)
            return self.towards(up, closing=True, speed=0.8)
        target = cube + np.array([0.0, 0.0, 0.0 if low else ABOVE_M])
        return self.towards(Pose(target, STILL), closing=self._grasped > 0, speed=0.8)


def make(image_size: int = 96, max_steps: int = 80, **options: Any) -> PickCube:
    """The world; `--env tests.worlds.pick_cube_hil:make`."""
    env = gymnasium.make(
        "gym_hil/PandaPickCubeBase-v0",
        image_obs=True,
        max_episode_steps=max_steps,
        render_spec=GymRenderingSpec(height=image_size, width=image_size),
    )
    own = {
        "instruction": "lift the cube",
        "axes": AXES,
        "readings": {"state": ("agent_pos", 0, 18)},
    }
    return PickCube(env, image_size, **{**own, "deterministic": True, **options})
