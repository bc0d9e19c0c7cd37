"""These tests check when ShelfPick is solved, and that its expert solves it."""

import numpy as np
import pytest

import sidestick.sim_envs
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.experts import make_expert
from sidestick.sim_envs.kinematics import JOINT_HIGH_RAD, JOINT_LOW_RAD, REST_RAD, forward, inverse
from sidestick.sim_envs.rotations import rotvec_between, tilted_quat
from sidestick.sim_envs.tasks.shelf_pick import TOTE, ShelfPick


@pytest.fixture
def env() -> ArmEnv:
    return sidestick.sim_envs.make_task_env("ShelfPick")


def drive(env: ArmEnv, seed: int, ticks: int = 300) -> bool:
    expert = make_expert("ShelfPick")
    env.reset(seed=seed)
    for _ in range(ticks):
        env.images_due = False
        *_, terminated, _, info = env.step(expert.next(env).action(env.arm.tool()))
        if terminated:
            assert info["success"]
            assert info["stage"] == "done"
            return True
    return False


def test_an_expert_solves_unseen_seeds(env: ArmEnv) -> None:
    """The expert uses the 7-d action alone, within the step limit."""
    assert [drive(env, seed) for seed in range(5000, 5006)] == [True] * 6


def test_the_item_in_the_tote_is_no_success_while_the_hand_holds_it(env: ArmEnv) -> None:
    """A check of the place alone would reward an item that is held there."""
    env.reset(seed=0)
    task = env.task
    assert isinstance(task, ShelfPick)
    tool = np.array([*TOTE.centre_m, 0.12])
    env.arm.put(inverse(tool, tilted_quat(np.radians(80.0)), REST_RAD, 100), 0.03, closing=True)
    env.world.place(task.target, forward(env.arm.joint_positions())[0], (0, 0, 0, 1))
    for _ in range(10):
        env.images_due = False
        *_, terminated, _, _ = env.step(np.array([0, 0, 0, 0, 0, 0, 1], np.float32))
        assert not terminated


def test_another_item_in_the_tote_is_no_success(env: ArmEnv) -> None:
    """The instruction names one item."""
    env.reset(seed=0)
    task = env.task
    assert isinstance(task, ShelfPick)
    other = next(name for name in task.present if name != task.target)
    env.world.place(other, (*TOTE.centre_m, 0.08), (0, 0, 0, 1))
    for _ in range(20):
        env.images_due = False
        *_, terminated, _, _ = env.step(np.zeros(7, np.float32))
        assert not terminated


@pytest.mark.parametrize("count", range(1, 7))
def test_the_easier_variants_have_fewer_items(count: int) -> None:
    """num_items says how many stand on the shelf; the named one is among them."""
    env = sidestick.sim_envs.make_task_env("ShelfPick", num_items=count)
    env.reset(seed=count)
    task = env.task
    assert isinstance(task, ShelfPick)
    assert len(task.present) == count
    assert task.target in task.present
    assert task.target in env.instruction


def test_inverse_kinematics_reaches_the_shelf_within_the_limits() -> None:
    """The error is below 1 mm, on both boards and over the tote."""
    quat = tilted_quat(np.radians(35.0))
    for position in ([0.665, 0.23, 0.27], [0.665, -0.23, 0.54], [0.44, 0.0, 0.5], [0.38, 0.4, 0.3]):
        joints = inverse(np.array(position), quat, REST_RAD, 100)
        reached, turned = forward(joints)
        assert np.linalg.norm(reached - position) < 1e-3
        assert np.linalg.norm(rotvec_between(turned, quat)) < 0.01
        assert np.all(joints >= JOINT_LOW_RAD)
        assert np.all(joints <= JOINT_HIGH_RAD)
