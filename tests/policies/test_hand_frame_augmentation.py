"""These tests check that displaced windows have the features and actions of a robot there."""

import numpy as np
import pytest
import torch

from sidestick.policies.task_features import hand_frame_augmentation
from sidestick.policies.task_features.hand_frame import turned
from sidestick.policies.task_features.hand_frame_augmentation import (
    BACK_TICKS,
    delayed,
    with_way_back,
)
from sidestick.sim_envs import kinematics, make_task_env
from sidestick.sim_envs.rotations import STRAIGHT_DOWN_RAD, tilted_quat
from sidestick.sim_envs.spaces import GRIP, METRES_PER_UNIT, RADIANS_PER_UNIT
from tests.sorting_rig import LITTER as NEXT
from tests.sorting_rig import about, columns, perfect

NAMES = NEXT.names(("front", "wrist"))
EXACT = ("release_x", "release_y", "base_x", "base_y", "ee_z", "gripper_width", "is_one")


@pytest.fixture(scope="module")
def env():
    env = make_task_env("SortRecycling", num_items=1)
    yield env
    env.close()


def above(env, off_m, yaw):
    """Features (1, F) of an open gripper over the only object, off by `off_m` (3,) metres."""
    place = env.world.pose(env.task.present[0]).position + off_m
    quat = tilted_quat(STRAIGHT_DOWN_RAD, yaw)
    env.arm.put(kinematics.inverse(place, quat, kinematics.REST_RAD, 200))
    seen, given = perfect(env), columns(env._observe())
    return torch.from_numpy(NEXT(seen, about(env.task.present[0], seen, given)))


def windows(count, steps=16):
    """Features and actions of an open gripper that reaches down to an object and closes on it."""
    features = torch.zeros(count, len(NAMES))
    values = {"is_one": 1.0, "to_z": -0.10, "ee_z": 0.12, "gripper_width": 0.08}
    values |= {"wrist_x": 0.1, "wrist_y": 0.2, "wrist_mass": 2.5, "wrist_askew": 0.3, "to_y": 0.05}
    for name, value in values.items():
        features[:, NAMES.index(name)] = value
    actions = torch.full((count, steps, 7), 0.1)
    actions[:, :, GRIP] = -1.0
    actions[:, 8:, GRIP] = 1.0
    return features, actions, torch.ones(count, steps, dtype=torch.bool)


@pytest.mark.parametrize("seed", range(6))
def test_displaced_features_are_those_that_the_simulator_gives(env, seed):
    """The displacement is up to two centimetres and 0.15 rad; the simulator renders the truth."""
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    yaw, turn = float(rng.uniform(-0.7, 0.7)), 0.15
    start, off = rng.uniform(-0.01, 0.01, 3), rng.uniform(-0.02, 0.02, 3)
    start[2] += 0.13
    before = above(env, start, yaw)
    there = start + np.append(turned(off[None, :2], np.array([yaw]))[0], off[2])
    after = above(env, there, yaw + turn)[0]
    shift, turns = torch.tensor(off[None], dtype=torch.float32), torch.tensor([turn])
    to = before[:, NAMES.index("to_x") :][:, :3]
    turned_back = turned(to - shift, -turns)
    seen, known = NEXT.augmentation.imagined.seen(before, to, turned_back, turns)
    read = NEXT.augmentation.imagined.transformed(
        before, shift, turns, seen, torch.tensor([False])
    )[0]
    assert known.all()
    difference = dict(zip(NAMES, (read - after).abs().tolist(), strict=True))
    assert all(difference[name] < 2e-3 for name in EXACT)
    assert all(difference[f"to_{axis}"] < 0.015 for axis in "xyz")
    assert all(difference[f"wrist_{name}"] < 0.04 for name in ("x", "y", "spread"))
    assert all(difference[f"wrist_{name}"] < 0.2 for name in ("mass", "along", "askew"))


def test_mirroring_twice_is_the_identity():
    """Mirrored windows differ from the originals, and mirrored again they equal them."""
    features, actions, _ = windows(4)
    picked = torch.tensor([True, True, False, False])
    there, moves = features.clone(), actions.clone()
    NEXT.augmentation.imagined.mirror(there, moves, picked)
    assert (there != features).any(1).tolist() == picked.tolist()
    assert torch.equal(moves[..., [0, 2, 4, 6]], actions[..., [0, 2, 4, 6]])
    assert torch.equal(moves[:2, :, [1, 3, 5]], -actions[:2, :, [1, 3, 5]])
    NEXT.augmentation.imagined.mirror(there, moves, picked)
    assert torch.equal(there, features)
    assert torch.equal(moves, actions)


def test_the_way_back_undoes_the_way_off():
    """Over the whole chunk the displaced end effector reaches the demonstrated end pose."""
    _, actions, _ = windows(3)
    off, turn = torch.tensor([[0.01, -0.02, 0.005]] * 3), torch.tensor([0.0, 0.1, -0.1])
    back = with_way_back(actions, turned(off, -turn), turn)
    ways = (actions.sum(1)[:, :3] * METRES_PER_UNIT - off, back.sum(1)[:, :3] * METRES_PER_UNIT)
    assert torch.allclose(turned(ways[0], -turn), ways[1], atol=1e-6)
    turns = (back - actions).sum(1)[:, 5] * RADIANS_PER_UNIT
    assert torch.allclose(turns, -turn, atol=1e-6)
    assert torch.equal(back[..., GRIP], actions[..., GRIP])


def test_delayed_actions_are_the_demonstrated_ones_later():
    """The gripper first opens; actions beyond the chunk are dropped."""
    _, actions, mask = windows(2)
    mask[:, 10:] = False
    later, known = delayed(actions, mask, torch.tensor([0, 5]), torch.tensor([0.0, 0.4]))
    assert torch.equal(later[0], actions[0])
    assert torch.equal(known[0], mask[0])
    assert torch.equal(later[1, 5:], actions[1, :-5])
    assert torch.equal(later[1, :5], torch.tensor([[0, 0, 0.4, 0, 0, 0, -1.0]] * 5))
    assert known[1, :15].all()
    assert not known[1, 15:].any()


def test_augmentation_is_by_the_seed_and_leaves_its_inputs():
    """Equal generators give equal windows, and the training data do not change."""
    given = windows(200)
    kept = [part.clone() for part in given]
    one, two = (
        NEXT.augmentation.imagined(*given, torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(given, kept, strict=True))
    assert 0.3 < (one[0] != given[0]).any(1).float().mean() < 0.95
    assert one[1].abs().max() <= 1.0


def test_no_gripper_closes_before_it_is_back_and_open():
    """A grasp that is due at once comes after the way back, or after the gripper has opened."""
    features, actions, mask = windows(300)
    actions[:, :, GRIP] = 1.0
    off, moves, _ = NEXT.augmentation.imagined(
        features, actions, mask, torch.Generator().manual_seed(0)
    )
    aside = (off[:, NAMES.index("ee_z")] != 0.12) & (off[:, NAMES.index("gripper_width")] == 0.08)
    assert aside.float().mean() > 0.2
    assert (moves[aside][:, :BACK_TICKS, GRIP] == -1).all()
    assert (moves[~aside][:, :, GRIP] == 1).any()


def test_a_gripper_that_holds_an_object_low_down_is_not_displaced():
    """Neither finger width nor place change where the gripper has just closed."""
    features, actions, mask = windows(300)
    features[:, NAMES.index("held")], features[:, NAMES.index("gripper_width")] = 1.0, 0.05
    actions[:, :, GRIP] = 1.0
    seen, _, _ = NEXT.augmentation.imagined(
        features, actions, mask, torch.Generator().manual_seed(0)
    )
    level = [NAMES.index(name) for name in ("ee_z", "gripper_width", "base_x", "to_x")]
    carried = features[0, NAMES.index("ee_z")] > hand_frame_augmentation.CARRIED_M
    features[:, NAMES.index("ee_z")] = 0.03
    low, _, _ = NEXT.augmentation.imagined(
        features, actions, mask, torch.Generator().manual_seed(0)
    )
    assert carried
    assert not torch.equal(seen[:, level], features[:, level])
    assert torch.equal(low[:, level], features[:, level])


def test_a_way_through_the_air_is_the_same_elsewhere_on_the_table():
    """Only the base's place and the fingers change, and not for a hand that reaches or is low."""
    changes = [NAMES.index(name) for name in ("base_x", "base_y", "gripper_width")]
    width = NAMES.index("gripper_width")
    for held, height, moves in ((1.0, 0.2, True), (0.0, 0.2, False), (1.0, 0.03, False)):
        features, _, _ = windows(50)
        features[:, NAMES.index("held")], features[:, NAMES.index("ee_z")] = held, height
        before = features.clone()
        NEXT.augmentation.imagined.elsewhere(
            features, torch.arange(50) < 25, torch.Generator().manual_seed(0)
        )
        assert (features != before).any(1).tolist() == [moves] * 25 + [False] * 25
        if moves:
            assert features[:25, width].min() > hand_frame_augmentation.CLOSED_ON_NOTHING_M
            assert features[:25, width].max() < hand_frame_augmentation.WIDEST_HELD_M
            assert features[:25, width].std() > 0.01
        features[:, changes] = before[:, changes]
        assert torch.equal(features, before)
