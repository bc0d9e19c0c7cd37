"""These tests check tokens and features of objects on keypoints of the simulator's own labels."""

import numpy as np
import pytest

from sidestick.policies.task_features.hand_frame import rotation, turned, turned_actions
from sidestick.policies.task_features.pointed_object import (
    ABOUT,
    GRASPED,
    GRIPS,
    HELD,
    LET_GO,
    RELEASE,
)
from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.rotations import STRAIGHT_DOWN_RAD, tilted_quat
from tests.sorting_rig import (
    GARMENT,
    GARMENT_TOKENS,
    LITTER,
    LITTER_TOKENS,
    about,
    columns,
    perfect,
)

NAMES = LITTER.names(("front", "wrist"))
RIG = GARMENT_TOKENS.rig


@pytest.fixture(scope="module")
def env():
    env = make_task_env("SortRecycling", num_items=3)
    yield env
    env.close()


@pytest.mark.parametrize("seed", range(8))
def test_objects_are_found_where_they_lie(env, seed):
    """Triangulated places are within four centimetres of the middles; others are no candidates."""
    observation, _ = env.reset(seed=seed)
    scene = LITTER_TOKENS(perfect(env), columns(observation))
    for name in env.task.present:
        truth = env.world.pose(name).position[:2]
        found = scene.grips_m[0, LITTER.labels.index(name), :2]
        assert np.linalg.norm(found - truth) < 0.04
    named = [name for name, one in zip(LITTER.labels, scene.candidates[0], strict=True) if one]
    assert sorted(named) == sorted(env.task.present)


def test_the_ways_lead_to_the_object_and_to_its_release(env):
    """Both are seen from the hand, metres, by its heading; a held object is at the hand."""
    observation, _ = env.reset(seed=1)
    seen, given = perfect(env), columns(observation)
    given = about(env.task.present[0], seen, given)
    given[RELEASE] = np.array([[0.3, -0.2, 0.1]])
    read = dict(zip(NAMES, LITTER(seen, given)[0].tolist(), strict=True))
    hand = env.arm.tool().position[:2]
    for x, y, place in (
        ("to_x", "to_y", env.world.pose(env.task.present[0]).position[:2]),
        ("release_x", "release_y", np.array([0.3, -0.2])),
    ):
        way = turned(np.array([[read[x], read[y]]]), LITTER.augmentation.frame(given))[0]
        assert np.allclose(hand + way, place, atol=0.04 if x == "to_x" else 1e-3)
    held = dict(zip(NAMES, LITTER(seen, {**given, HELD: np.array([True])})[0], strict=True))
    assert [held[f"to_{axis}"] for axis in "xyz"] == [0.0, 0.0, 0.0]
    assert not any(value for name, value in held.items() if name.startswith("wrist_"))


def test_where_demonstrations_let_go_is_what_the_head_learns_to_go_to(env):
    """In training the way leads to their own place; where none is known, to the expected one."""
    observation, _ = env.reset(seed=1)
    seen = perfect(env)
    given = about(env.task.present[0], seen, columns(observation))
    given[RELEASE] = np.array([[0.3, -0.2, 0.1]])
    shown = {**given, LET_GO: np.array([[0.5, 0.3, 0.1]])}
    unknown = {**given, LET_GO: np.full((1, 3), np.nan)}
    there = {**given, RELEASE: shown[LET_GO]}
    assert np.array_equal(LITTER(seen, shown), LITTER(seen, there))
    assert np.array_equal(LITTER(seen, unknown), LITTER(seen, given))
    assert not np.array_equal(LITTER(seen, shown), LITTER(seen, given))


def test_without_an_object_only_the_hand_is_left(env):
    """All of the object is 0 where nothing is to be pointed at."""
    observation, _ = env.reset(seed=1)
    seen = perfect(env)
    given = about(env.task.present[0], seen, columns(observation))
    found = LITTER(seen, {**given, ABOUT: np.array([len(LITTER.labels)])})[0]
    assert not found[: NAMES.index("base_x")].any()
    assert found[NAMES.index("ee_z")] > 0


def test_turning_actions_back_is_the_identity():
    """Heights, the turn about the vertical and the grip do not change on the way."""
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (5, 8, 7)).astype(np.float32)
    angle = rng.uniform(-4, 4, 5)
    there = turned_actions(actions, angle)
    assert np.allclose(turned_actions(there, -angle), actions, atol=1e-6)
    assert np.array_equal(there[..., [2, 5, 6]], actions[..., [2, 5, 6]])
    assert not np.allclose(there, actions)


def with_grasp_point(place, *, sure=(1.0, 1.0), yaw=0.4):
    """Keypoints (1, 2, K, 10) of a garment to be grasped at `place`, and observation columns."""
    tool = np.array((0.45, 0.05, 0.2))
    quat = tilted_quat(STRAIGHT_DOWN_RAD, yaw)
    turn = rotation(quat[None])[0]
    things = np.zeros((1, 2, len(GARMENT.labels) + 2, 10), np.float32)
    shown = RIG.front.picture(place), RIG.wrist.picture(turn.T @ (place - tool))
    middle = place + np.array([0.03, -0.02, -0.01])
    at = RIG.front.picture(middle), RIG.wrist.picture(turn.T @ (middle - tool))
    for camera in (0, 1):
        things[0, camera, 1, :2], things[0, camera, 1, 2] = at[camera], np.log1p(20)
        certain = sure[camera]
        things[0, camera, 1, 6:] = (*(shown[camera] * certain), certain, place[2])
    return things, {
        "ee_pos": tool[None],
        "ee_quat": quat[None],
        "gripper_qpos": np.full((1, 2), 0.04),
        "goal": np.ones((1, 4), np.float32),
    }


@pytest.mark.parametrize("sure", [(1.0, 1.0), (0.0, 0.9), (0.8, 0.1)])
def test_a_grasp_point_is_triangulated_from_rays_and_heights(sure):
    """Both cameras find it, and so does either of them alone."""
    place = np.array([0.52, 0.03, 0.045])
    keypoints, given = with_grasp_point(place, sure=sure)
    scene = GARMENT_TOKENS(keypoints, given)
    assert np.allclose(scene.grips_m[0, 0], place, atol=2e-3)
    assert scene.candidates[0].tolist() == [True] + [False] * (len(GARMENT.labels) - 1)


def test_a_garment_without_a_visible_grasp_point_is_grasped_at_its_middle():
    """So is one whose predicted grasp point is far away from it."""
    place, elsewhere = np.array([0.52, 0.03, 0.045]), np.array([0.36, 0.03, 0.045])
    keypoints, given = with_grasp_point(place)
    plain = GARMENT_TOKENS(keypoints[..., :6], given).grips_m[0, 0]
    far = keypoints.copy()
    far[..., 6:] = with_grasp_point(elsewhere)[0][..., 6:]
    for odd in (far, with_grasp_point(place, sure=(0.1, 0.2))[0]):
        assert np.array_equal(GARMENT_TOKENS(odd, given).grips_m[0, 0], plain)


def test_in_training_the_grasp_point_is_that_of_the_demonstration():
    """The way and the wrist's keypoint lead to the label; without one, to the found grasp point."""
    place, grasp = np.array([0.52, 0.03, 0.045]), np.array([[0.50, 0.06, 0.03]])
    keypoints, given = with_grasp_point(place)
    given |= {ABOUT: np.zeros(1, int), HELD: np.array([False]), RELEASE: np.zeros((1, 3))}
    given[GRIPS] = GARMENT_TOKENS(keypoints, given).grips_m
    names, tool = GARMENT.names(("front", "wrist")), given["ee_pos"]
    turn = rotation(given["ee_quat"])[0]
    for label, known in ((grasp, grasp), (np.full((1, 3), np.nan), place[None])):
        read = dict(zip(names, GARMENT(keypoints, {**given, GRASPED: label})[0], strict=True))
        to = np.array([[read["to_x"], read["to_y"]]])
        assert np.allclose(
            turned(to, GARMENT.augmentation.frame(given)), (known - tool)[:, :2], atol=3e-3
        )
        assert read["to_z"] == pytest.approx(known[0, 2] - tool[0, 2], abs=3e-3)
        shown = RIG.wrist.picture((known - tool) @ turn)[0]
        assert np.allclose((read["wrist_x"], read["wrist_y"]), shown, atol=0.03)
