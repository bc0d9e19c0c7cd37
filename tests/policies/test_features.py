"""These tests check keypoints, their cache and the features of tasks with one goal item."""

import numpy as np
import pytest
import torch

from sidestick.policies.perception.keypoint_cache import KeypointCache
from sidestick.policies.perception.keypoints import cell_counts, keypoints
from sidestick.policies.task_features.features import GoalItem, rotation_6d
from sidestick.policies.task_features.hand_frame import turned
from sidestick.sim_envs.errors import BadValue


def blob(row, column, size=4, classes=3, grid=24):
    """Probabilities (1, K, g, g): class 1 in a square, background elsewhere."""
    p = torch.zeros(1, classes, grid, grid)
    p[0, 0] = 1
    p[0, 0, row : row + size, column : column + size] = 0
    p[0, 1, row : row + size, column : column + size] = 1
    return p


def test_a_keypoint_is_the_centre_of_its_class():
    """x to the right, y down, in [-1, 1]; mass counts cells."""
    x, y, mass, spread, along, askew = keypoints(blob(4, 12))[0, 1].tolist()
    assert (x, y) == pytest.approx((2 * 14 / 24 - 1, 2 * 6 / 24 - 1), abs=1e-6)
    assert np.expm1(mass) == pytest.approx(16, rel=1e-5)
    assert spread == pytest.approx(np.sqrt(2 * (2 / 24) ** 2 * (4**2 - 1) / 12), rel=1e-4)
    assert (along, askew) == pytest.approx((0, 0), abs=1e-4)


def test_elongation_gives_the_direction_of_the_long_axis():
    """It has twice the axis' angle, so that both ends are equal and half a turn is no jump."""
    p = torch.zeros(1, 4, 24, 24)
    p[0, 1, 10, 4:14] = 1  # along x
    p[0, 2, 4:14, 10] = 1  # along y
    p[0, 3] = torch.eye(24)  # right and down
    p[0, 0] = 1 - p[0, 1:].sum(0).clamp_max(1)
    found = keypoints(p)[0, 1:, 4:]
    assert torch.allclose(found, torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]), atol=1e-3)


def test_nothing_visible_gives_zeros_not_noise():
    """Small probabilities everywhere put the position at 0, however they are distributed."""
    p = torch.full((1, 3, 24, 24), 0.02)
    p[0, 2, :, 12:] = 0.09
    p[0, 0] = 1 - p[0, 1:].sum(0)
    assert torch.equal(keypoints(p)[0, 1:], torch.zeros(2, 6))


def test_a_faint_item_moves_the_position_smoothly():
    """Position grows with mass, saturating: no jump when an item comes into view."""
    shares = torch.linspace(0, 1, 50)
    xs = torch.stack([keypoints(blob(4, 18, size=1) * s)[0, 1, 0] for s in shares])
    steps = xs.diff()
    assert (steps >= -1e-6).all()
    assert steps.max() < 0.1


def test_cells_hold_the_share_of_each_class():
    """Counts over classes add up to the pixels of a cell, and each is that of the mask."""
    classes = np.random.default_rng(0).integers(0, 5, (2, 96, 96))
    counts = cell_counts(classes, 5, 24)
    assert counts.shape == (2, 5, 24, 24)
    assert (counts.sum(1) == 16).all()
    assert counts[1, 3, 2, 7] == (classes[1, 8:12, 28:32] == 3).sum()


def test_class_ids_out_of_range_are_refused():
    """BadValue for a mask of another task."""
    with pytest.raises(BadValue, match="ids from 0 to 4"):
        cell_counts(np.full((96, 96), 7), 5, 24)


def test_rotation_does_not_depend_on_the_quaternions_sign():
    """q and -q give the same numbers, the matrix's first two columns."""
    q = np.random.default_rng(0).normal(size=(9, 4))
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    r = rotation_6d(q)
    assert np.allclose(r, rotation_6d(-q))
    assert np.allclose((r[:, :3] * r[:, 3:]).sum(1), 0, atol=1e-6)
    assert np.allclose(
        rotation_6d(np.array([[0, 0, np.sin(0.3), np.cos(0.3)]]))[0, :2], [np.cos(0.6), np.sin(0.6)]
    )


@pytest.mark.parametrize("shape", [(5, 2), (5, 3), (5, 4, 2)])
def test_numpy_and_torch_vectors_turn_alike(shape):
    """About the vertical: heights stay, and the negative angle undoes it."""
    rng = np.random.default_rng(1)
    vectors, angle = rng.normal(size=shape), rng.normal(size=5)
    there = turned(vectors, angle)
    assert np.allclose(there, turned(torch.from_numpy(vectors), torch.from_numpy(angle)).numpy())
    assert np.allclose(turned(there, -angle), vectors)
    assert np.array_equal(there[..., 2:], vectors[..., 2:])


def test_the_goal_item_is_read_and_no_other():
    """Other items' keypoints change nothing, and the vector is as long as the names."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5, 2, 9, 6)).astype(np.float32)
    columns = {
        "goal": np.eye(6, dtype=np.float32)[[0, 1, 2, 3, 5]],
        "ee_pos": rng.normal(size=(5, 3)),
        "ee_quat": np.tile([0, 0, 0, 1.0], (5, 1)),
        "gripper_qpos": np.full((5, 2), 0.02),
    }
    features = GoalItem()(points, columns)
    assert features.shape == (5, 18) == (5, len(GoalItem().names(("front", "wrist"))))
    assert features.dtype == np.float32
    assert np.array_equal(features[4, 4:8], points[4, 1, 6, :4])
    assert np.allclose(features[:, -1], 0.04)
    other = points.copy()
    other[0, :, 2:] = 0
    assert np.array_equal(GoalItem()(other, columns)[0], features[0])


def test_keypoints_are_found_once(tmp_path):
    """A second cache reads the file; keypoints of a damaged file are computed again."""
    calls, shape = [], (3, 2, 9, 6)

    def look():
        calls.append(1)
        return np.full(shape, len(calls), np.float32)

    first = KeypointCache(tmp_path).get("f", "e", shape, look)
    assert np.array_equal(KeypointCache(tmp_path).get("f", "e", shape, look), first)
    assert len(calls) == 1
    (tmp_path / "f" / "e.npy").write_bytes(b"torn")
    assert KeypointCache(tmp_path).get("f", "e", shape, look)[0, 0, 0, 0] == 2
    content = (tmp_path / "f" / "e.npy").read_bytes()
    zeros = bytes(4 * int(np.prod(shape)))
    whole = content[: content.index(b"\n") + 1] + zeros + content[-4:]
    (tmp_path / "f" / "e.npy").write_bytes(whole)  # the right shape, as a power cut leaves it
    assert len(whole) == len(content)
    assert KeypointCache(tmp_path).get("f", "e", shape, look)[0, 0, 0, 0] == 3
