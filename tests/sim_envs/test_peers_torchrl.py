"""This test lets TorchRL make our environments by their names; `make test-peers` runs it."""

import pytest

from sidestick.sim_envs.tasks import TASKS
from tests.peer_rig import output_of

pytestmark = [pytest.mark.peers, pytest.mark.timeout(3000)]

ROLLOUT = """
import json, sys
import sidestick.sim_envs
from torchrl.envs.libs.gym import GymEnv
env = GymEnv(f"sidestick/{sys.argv[1]}-v0", image_size=32)
env.set_seed(0)
seen = env.rollout(4)
pixels = GymEnv(f"sidestick/{sys.argv[1]}-v0", image_size=32, frame_skip=2, from_pixels=True)
shown = pixels.rollout(2)
print(json.dumps({
    "image": list(seen["next", "front_image"].shape), "action": list(seen["action"].shape),
    "moved": float((seen["next", "ee_pos"][-1] - seen["ee_pos"][0]).abs().max()),
    "pixels": list(shown["pixels"].shape)}))
"""


@pytest.mark.parametrize("task", sorted(TASKS))
def test_torchrl_makes_and_rolls_out(task: str) -> None:
    """By name, with our keywords, its own frame skip, and pixels of render()."""
    found = output_of("torchrl", ROLLOUT, task)
    assert (found["image"], found["action"]) == ([4, 32, 32, 3], [4, 7])
    assert found["pixels"] == [2, 480, 640, 3]
    assert found["moved"] > 0
