"""These tests check that the world without variation keeps the bits that it had before variation.

Recorded episodes and shipped weights depend on them.
"""

import hashlib

import numpy as np
import pytest

from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.spaces import CAMERAS

SEEDS, TICKS, SIDE_PX = (3, 11), 12, 32
ARITHMETIC = "5a2d92b24b4c052c"
"""arithmetic() of the machine on which the digests were made."""
STATES = {
    "ShelfPick": "48e142f9e3f0be70d1a10edbfab2bb3e26292d1b0489e40616011f3f3da5fb53",
    "SortRecycling": "47d759f4b78d29ef49ac3cab8a1dcfc817da97eebc0fa5dbb895473a02a1b018",
    "SortClothes": "407baf66ca1eeb49ea0862fdbf2f3e34afdec2f82708a3c4da87b9cb6d58c17a",
}
PICTURES = {
    "ShelfPick": "8f42f38875b0d89f862dbe0aa09fa5dce31ab5397702da0bfbf83cdf23e0a756",
    "SortRecycling": "7ee9042dc7360f27896092a07bb7feaf85246a189ce6b667db4f836a27bf44e7",
    "SortClothes": "f6d26e1076a09bcc72057f706c13674a54103b833183067647d70934dd6a00ce",
}


def arithmetic() -> str:
    """Digest of a few results of numpy, whose last bits depend on the processor."""
    x = np.linspace(-3, 3, 4096)
    matrix = x[:3969].reshape(63, 63)
    results = [np.sin(x), np.cos(x), np.exp(x), np.arctan2(x, x[::-1]), matrix @ matrix]
    results += [np.linalg.inv(matrix[:7, :7] + np.eye(7)), [np.linalg.norm(x), x.sum()]]
    return hashlib.sha256(b"".join(np.asarray(r).tobytes() for r in results)).hexdigest()[:16]


def digests(task: str) -> tuple[str, str]:
    """Digests of all states, and of all pictures and labels, of two short episodes."""
    states, pictures = hashlib.sha256(), hashlib.sha256()
    env = make_task_env(task, renderer="tiny", image_size=SIDE_PX)
    for seed in SEEDS:
        observation, _ = env.reset(seed=seed)
        actions = np.random.default_rng(seed).uniform(-1, 1, (TICKS, 7)).astype(np.float32)
        for action in [None, *actions]:
            if action is not None:
                observation, *_ = env.step(action)
            states.update(env.state().tobytes())
            for camera in CAMERAS:
                pictures.update(observation[f"{camera}_image"].tobytes())
        pictures.update(env.labelled("front", SIDE_PX, SIDE_PX)[1].tobytes())
        pictures.update(env.picture("side", 64, 48).tobytes())
    env.close()
    return states.hexdigest(), pictures.hexdigest()


@pytest.mark.parametrize("task", STATES)
def test_without_variation_the_world_has_the_bits_that_it_always_had(task: str) -> None:
    """States, pictures and labels of episodes, against digests from before variation existed."""
    if arithmetic() != ARITHMETIC:
        pytest.skip("this processor's arithmetic is not the one that the digests were made with")
    assert digests(task) == (STATES[task], PICTURES[task])
