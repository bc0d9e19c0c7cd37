"""These tests check vector environments, in processes with shared memory and in one process."""

import multiprocessing

import gymnasium
import numpy as np
import pytest

from sidestick.sim_envs import make_task_env
from tests.graphics import needs_gl

ID = "sidestick/ShelfPick-v0"
ACTION = np.array([0.4, -0.3, 0.2, 0.1, 0.0, -0.2, 1.0], np.float32)
SEEDS = [7, 8]
KINDS = [
    pytest.param("tiny", "fork"),
    pytest.param("gl", "fork", marks=needs_gl),
    pytest.param("gl", "spawn", marks=needs_gl),
]


@pytest.mark.parametrize(("renderer", "context"), KINDS)
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_asynchronous_environments_give_what_single_ones_give(renderer: str, context: str) -> None:
    """Images and numbers are the same to the last bit, and no process is left behind."""
    expected = []
    for seed in SEEDS:
        env = make_task_env("ShelfPick", renderer=renderer)
        env.reset(seed=seed)
        expected.append(env.step(ACTION)[0])
        env.close()
    vector = gymnasium.make_vec(
        ID,
        num_envs=2,
        vectorization_mode="async",
        vector_kwargs={"shared_memory": True, "context": context},
        renderer=renderer,
    )
    first, _ = vector.reset(seed=SEEDS)
    observations, rewards, terminated, truncated, infos = vector.step(np.stack([ACTION, ACTION]))
    vector.close()
    assert observations["front_image"].shape == (2, 96, 96, 3)
    assert observations["front_image"].dtype == np.uint8
    assert not np.array_equal(*first["front_image"])
    for i, single in enumerate(expected):
        for key, value in single.items():
            np.testing.assert_array_equal(observations[key][i], value)
    assert rewards.shape == terminated.shape == truncated.shape == (2,)
    assert list(infos["stage"]) == ["reach", "reach"]
    assert not multiprocessing.active_children()


def test_finished_episodes_start_again_by_themselves() -> None:
    """A world that reaches its step limit is reset at the next step."""
    vector = gymnasium.make_vec(
        ID, num_envs=2, vectorization_mode="async", num_items=1, max_episode_steps=2
    )
    vector.reset(seed=SEEDS)
    truncations = [vector.step(np.zeros((2, 7), np.float32))[3].all() for _ in range(4)]
    vector.close()
    assert truncations[1]
    assert not truncations[2]


def test_environments_share_a_process_and_one_context() -> None:
    """Synchronous environments with the default renderer observe different worlds."""
    vector = gymnasium.make_vec(ID, num_envs=2, vectorization_mode="sync")
    observations, _ = vector.reset(seed=SEEDS)
    vector.close()
    assert not np.array_equal(*observations["wrist_image"])
