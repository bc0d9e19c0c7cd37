"""A small Gymnasium environment, well or badly behaved, for tests of what is not ours."""

import time
from typing import Any

import gymnasium
import numpy as np

from sidestick.sim_envs.spaces import Action
from sidestick.sim_envs.worlds.gym_world import GymWorld

SIDE = 512.0
AXES = [
    {"name": name, "kind": "move", "along": name, "per_unit": 0.02, "step": 20.0, "at": at}
    for name, at in (("x", ["agent_pos", 0]), ("y", ["agent_pos", 1]))
]
FAULT_AT = 5


class Chase(gymnasium.Env[dict[str, Any], Any]):
    """A dot that goes to the target that the action names; solved near the goal.

    `fault` is what it does wrong at step FAULT_AT: raises, hangs, nan, shape or missing.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012
    action_space = gymnasium.spaces.Box(0.0, SIDE, (2,), np.float32)

    def __init__(self, fault: str = "", pictures: bool = True) -> None:
        self.fault, self.pictures, self.render_mode = fault, pictures, "rgb_array"
        places = gymnasium.spaces.Box(0.0, SIDE, (2,), np.float64)
        self.observation_space = gymnasium.spaces.Dict({"agent_pos": places})

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begin somewhere."""
        super().reset(seed=seed)
        self.at, self.goal = self.np_random.uniform(50, SIDE - 50, (2, 2))
        self.steps = 0
        return self._seen(), {"is_success": False}

    def step(self, action: Any) -> Any:
        """Go half of the way to the target."""
        self.steps += 1
        if self.steps == FAULT_AT and self.fault == "raises":
            raise RuntimeError("the motor is hot")
        if self.steps == FAULT_AT and self.fault == "hangs":
            time.sleep(30)
        self.at = self.at + 0.5 * (np.asarray(action, np.float64) - self.at)
        near = bool(np.linalg.norm(self.at - self.goal) < 12)
        return self._seen(), -1.0, False, False, {"is_success": near}

    def render(self) -> Any:
        """A picture that is not square."""
        picture = np.full((64, 80, 3), 230, np.uint8)
        for place, colour in ((self.goal, (220, 40, 40)), (self.at, (20, 20, 160))):
            x, y = 8 + (place / SIDE * 60).astype(int)
            picture[y - 8 : y - 4, x : x + 4] = colour
        return picture

    def _seen(self) -> dict[str, Any]:
        places: Any = self.at.copy()
        if self.steps == FAULT_AT and self.fault == "nan":
            places[1] = np.nan
        if self.steps == FAULT_AT and self.fault == "shape":
            places = places[:1]
        seen = {"agent_pos": places} | ({"pixels": self.render()} if self.pictures else {})
        return {} if self.steps == FAULT_AT and self.fault == "missing" else seen


class ChaseWorld(GymWorld):
    """The environment with a script that solves it."""

    def expert_action(self) -> Action:
        """Towards the goal."""
        env: Any = self.env.unwrapped
        return self.world_spec.action.checked(np.clip((env.goal - env.at) / 40.0, -1, 1))


def make(image_size: int = 32, fault: str = "", pictures: bool = True, **options: Any) -> GymWorld:
    """The world; `tests.worlds.chase:make`."""
    given = {"axes": AXES, "deterministic": True, "max_steps": 120, **options}
    return ChaseWorld(Chase(fault, pictures), image_size, **given)
