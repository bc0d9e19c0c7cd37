"""Imagined hands: what they read is what a hand there reads, and what they do leads back."""

import numpy as np
import pytest
import torch

from sidestick.policies.task_features import hand_frame_augmentation
from sidestick.policies.task_features.hand_frame import turned
from sidestick.policies.task_features.hand_frame_augmentation import BACK_TICKS, delayed, led_back
from sidestick.sim_envs import kinematics, make_task_env
from sidestick.sim_envs.rotations import STRAIGHT_DOWN_RAD, tilted_hand
from sidestick.sim_envs.spaces import GRIP, METRES_PER_UNIT, RADIANS_PER_UNIT
from tests.sorting_rig import LITTER as NEXT
from tests.sorting_rig import columns, perfect

NAMES = NEXT.names(("front", "wrist"))
EXACT = ("container_x", "container_y", "base_x", "base_y", "ee_z", "gripper_width", "is_one")


@pytest.fixture(scope="module")
def env():
    env = make_task_env("SortRecycling", num_items=1)
    yield env
    env.close()


def above(env, off_m, yaw):
    """Features (1, F) of an open hand over the only thing, aside of it by `off_m` [3]."""
    place = env.world.pose(env.task.present[0]).position + off_m
    quat = tilted_hand(STRAIGHT_DOWN_RAD, yaw)
    env.arm.put(kinematics.inverse(place, quat, kinematics.REST_RAD, 200))
    return torch.from_numpy(NEXT(perfect(env), columns(env._observe())))


def windows(count, steps=16):
    """Features and actions of an open hand that reaches down to a thing and closes on it."""
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
def test_an_imagined_hand_reads_what_a_hand_there_reads(env, seed):
    """Moved by up to two centimetres and turned by 0.15 rad, against the simulator's pictures."""
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


def test_who_looks_into_a_mirror_twice_sees_what_is_there():
    """Mirrored windows differ, and mirrored again they are the old ones."""
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
    """Over the whole chunk the hand goes where it went before, from where it was imagined."""
    _, actions, _ = windows(3)
    off, turn = torch.tensor([[0.01, -0.02, 0.005]] * 3), torch.tensor([0.0, 0.1, -0.1])
    back = led_back(actions, turned(off, -turn), turn)
    ways = (actions.sum(1)[:, :3] * METRES_PER_UNIT - off, back.sum(1)[:, :3] * METRES_PER_UNIT)
    assert torch.allclose(turned(ways[0], -turn), ways[1], atol=1e-6)
    turns = (back - actions).sum(1)[:, 5] * RADIANS_PER_UNIT
    assert torch.allclose(turns, -turn, atol=1e-6)
    assert torch.equal(back[..., GRIP], actions[..., GRIP])


def test_a_hand_that_waits_does_later_what_it_did():
    """Open and at rest first; what no longer fits is left out."""
    _, actions, mask = windows(2)
    mask[:, 10:] = False
    later, known = delayed(actions, mask, torch.tensor([0, 5]), torch.tensor([0.0, 0.4]))
    assert torch.equal(later[0], actions[0])
    assert torch.equal(known[0], mask[0])
    assert torch.equal(later[1, 5:], actions[1, :-5])
    assert torch.equal(later[1, :5], torch.tensor([[0, 0, 0.4, 0, 0, 0, -1.0]] * 5))
    assert known[1, :15].all()
    assert not known[1, 15:].any()


def test_imagining_is_by_the_seed_and_keeps_what_it_was_given():
    """The same generator imagines the same; the training data stay as they were."""
    given = windows(200)
    kept = [part.clone() for part in given]
    one, two = (
        NEXT.augmentation.imagined(*given, torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(given, kept, strict=True))
    assert 0.3 < (one[0] != given[0]).any(1).float().mean() < 0.95
    assert one[1].abs().max() <= 1.0


def test_no_hand_closes_before_it_is_back_or_its_fingers_are_open():
    """A grip that is due at once comes after the way back, or after the fingers' opening."""
    features, actions, mask = windows(300)
    actions[:, :, GRIP] = 1.0
    off, moves, _ = NEXT.augmentation.imagined(
        features, actions, mask, torch.Generator().manual_seed(0)
    )
    aside = (off[:, NAMES.index("ee_z")] != 0.12) & (off[:, NAMES.index("gripper_width")] == 0.08)
    assert aside.float().mean() > 0.2
    assert (moves[aside][:, :BACK_TICKS, GRIP] == -1).all()
    assert (moves[~aside][:, :, GRIP] == 1).any()


def test_what_is_in_the_hand_low_down_stays_there():
    """Neither the fingers nor the place of a hand that has just closed are imagined otherwise."""
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
