"""These tests check the features of sorting tasks on keypoints of the simulator's own labels."""

import numpy as np
import pytest

from sidestick.policies.task_features.hand_frame import rotation, turned, turned_actions
from sidestick.policies.task_features.next_object import GRASPED, TAKEN
from sidestick.sim_envs import kinematics, make_task_env
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.experts import make_expert
from sidestick.sim_envs.rotations import STRAIGHT_DOWN_RAD, tilted_quat
from sidestick.sim_envs.tasks.recycling_items import own_bin
from tests.sorting_rig import GARMENT, LITTER, columns, perfect

NEXT = LITTER
NAMES = NEXT.names(("front", "wrist"))


@pytest.fixture(scope="module")
def env():
    env = make_task_env("SortRecycling", num_items=3)
    yield env
    env.close()


def read(env: ArmEnv, observation: dict) -> dict[str, float]:
    features = NEXT(perfect(env), columns(observation))
    assert features.shape == (1, len(NAMES))
    return dict(zip(NAMES, features[0].tolist(), strict=True))


def chosen_label(features: dict[str, float]) -> str:
    return next(thing.label for thing in NEXT.things if features[thing.label] > 0.5)


@pytest.mark.parametrize("seed", range(8))
def test_objects_are_found_where_they_lie(env, seed):
    """Triangulated places are within four centimetres of the objects' middles."""
    observation, _ = env.reset(seed=seed)
    things = perfect(env)[:, :, 1 : 1 + len(NEXT.things)]
    places = NEXT.places(things, columns(observation))[0]
    for name in env.task.present:
        truth = env.world.pose(name).position[:2]
        assert np.linalg.norm(places[env.task.goal_names.index(name), :2] - truth) < 0.04
    absent = [n for n in env.task.goal_names if n not in env.task.present]
    assert all(np.isnan(places[env.task.goal_names.index(name)]).all() for name in absent)


@pytest.mark.parametrize("seed", range(4))
def test_the_next_object_is_one_that_is_not_sorted_and_then_the_held_one(env, seed):
    """This holds along a whole episode of the expert; at its end there is no next object."""
    observation, _ = env.reset(seed=seed)
    expert, right, ticks = make_expert("SortRecycling"), 0, 0
    for tick in range(env.task.max_steps):
        if tick % 5 == 0:
            features, held = read(env, observation), env.task.held(env.world, env.arm)
        opening = features["held"] and not env.arm.controller.closing
        if tick % 5 == 0 and not opening:  # it may count as held for one more tick
            left = env.task.unsorted(env.world)
            chosen = chosen_label(features) if features["is_one"] else None
            right += chosen == held if held else chosen in left if left else chosen is None
            ticks += 1
        observation, _, done, *_ = env.step(expert.next(env).action(env.arm.tool()))
        if done:
            break
    assert read(env, observation)["is_one"] == 0.0
    assert right / ticks > 0.95


def test_the_way_to_the_container_is_the_one_of_its_kind(env):
    """The way is from the end effector to the bin's centre, metres, by the heading."""
    observation, _ = env.reset(seed=1)
    features = read(env, observation)
    bin_ = own_bin(chosen_label(features))
    way = np.array([[features["container_x"], features["container_y"]]])
    way = turned(way, NEXT.augmentation.frame(columns(observation)))[0]
    assert np.allclose(env.arm.tool().position[:2] + way, bin_.centre_m, atol=1e-3)


def test_turning_actions_back_is_the_identity():
    """Heights, the turn about the vertical and the grip do not change on the way."""
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (5, 8, 7)).astype(np.float32)
    angle = rng.uniform(-4, 4, 5)
    there = turned_actions(actions, angle)
    assert np.allclose(turned_actions(there, -angle), actions, atol=1e-6)
    assert np.array_equal(there[..., [2, 5, 6]], actions[..., [2, 5, 6]])
    assert not np.allclose(there, actions)


@pytest.mark.parametrize("seed", range(4))
def test_the_next_grasped_object_is_the_next_object_in_training(env, seed):
    """The label decides, whichever object is nearest; without it the nearest one is next."""
    observation, _ = env.reset(seed=seed)
    seen, given, chosen = perfect(env), columns(observation), []
    for name in env.task.present:
        taken = env.world.pose(name).position[None].astype(np.float32)
        features = NEXT(seen, {**given, TAKEN: taken})[0]
        chosen.append(chosen_label(dict(zip(NAMES, features.tolist(), strict=True))))
    assert chosen == env.task.present
    unknown = np.full((1, 3), np.nan, np.float32)
    assert np.array_equal(NEXT(seen, {**given, TAKEN: unknown}), NEXT(seen, given))


@pytest.mark.parametrize("seed", range(4))
def test_an_object_below_half_open_fingers_is_not_held(env, seed):
    """It lies seven centimetres straight below the end effector."""
    env.reset(seed=seed)
    place = env.world.pose(env.task.present[0]).position + np.array([0.0, 0.0, 0.07])
    joints = kinematics.inverse(place, tilted_quat(STRAIGHT_DOWN_RAD), kinematics.REST_RAD, 200)
    env.arm.put(joints, opening_m=0.02)
    assert read(env, env._observe())["held"] == 0.0


def at_fingers(layout, width, *, height=0.2, aside=None):
    """Keypoints (1, 2, M, 6) and columns of an end effector with the first object at its fingers.

    The front camera sees it `aside` metres to the side of them; not at all for None.
    """
    things = np.zeros((1, 2, len(layout.things), 6), np.float32)
    tool = np.array([0.5, 0.0, height])
    things[0, 1, 0, :2] = layout.rig.wrist.picture(np.zeros(3))
    things[0, 1, 0, 2] = np.log1p(20)
    if aside is not None:
        things[0, 0, 0, :2] = layout.rig.front.picture(np.add(tool, (0.0, aside, 0.0)))
        things[0, 0, 0, 2] = np.log1p(20)
    quat = tilted_quat(STRAIGHT_DOWN_RAD, 0.0)
    return things, {
        "ee_pos": tool[None],
        "ee_quat": quat[None],
        "gripper_qpos": np.full((1, 2), width / 2),
    }


@pytest.mark.parametrize(
    ("width", "held"),
    [(0.002, False), (0.05, True), (0.0795, False), (0.084, True)],
    ids=["closed on nothing", "between", "open", "pressed apart"],
)
def test_fingers_that_are_neither_open_nor_shut_hold_what_is_between_them(width, held):
    """An object wider than the opening presses the fingers apart, and is held too."""
    found = LITTER.held(*at_fingers(LITTER, width))
    assert found[0].tolist() == [held] + [False] * (len(LITTER.things) - 1)


@pytest.mark.parametrize(
    ("layout", "height", "held"),
    [(GARMENT, 0.2, True), (GARMENT, 0.07, False), (LITTER, 0.2, False)],
)
def test_cloth_may_swing_aside_in_the_air(layout, height, held):
    """Six centimetres beside the fingers it is held where it hangs, but not near the table."""
    assert layout.held(*at_fingers(layout, 0.03, height=height, aside=0.06))[0, 0] == held


@pytest.mark.parametrize(
    ("below_m", "sure", "held"), [(0.0, 0.9, True), (0.1, 0.9, False), (0.1, 0.3, True)]
)
def test_a_garment_whose_highest_fold_is_far_below_half_open_fingers_is_not_held(
    below_m, sure, held
):
    """It is seen where a hanging one would be; only a confident grasp point tells them apart."""
    things, given = at_fingers(GARMENT, 0.03)
    known = np.zeros((*things.shape[:-1], 10), np.float32)
    known[..., :6] = things
    fold = GARMENT.rig.wrist.picture(np.array([0.0, 0.0, below_m]))
    known[0, 1, 0, 6:9] = (*(fold * sure), sure)
    assert GARMENT.held(known, given)[0, 0] == held


def with_grasp_point(place, *, sure=(1.0, 1.0), tool=(0.45, 0.05, 0.2), yaw=0.4):
    """Keypoints (1, 2, M, 10) of a garment to be grasped at `place`; end effector's pose."""
    rig, tool = GARMENT.rig, np.array(tool)
    quat = tilted_quat(STRAIGHT_DOWN_RAD, yaw)
    turn = rotation(quat[None])[0]
    things = np.zeros((1, 2, len(GARMENT.things), 10), np.float32)
    shown = rig.front.picture(place), rig.wrist.picture(turn.T @ (place - tool))
    middle = place + np.array([0.03, -0.02, -0.01])
    at = rig.front.picture(middle), rig.wrist.picture(turn.T @ (middle - tool))
    for camera in (0, 1):
        things[0, camera, 0, :2], things[0, camera, 0, 2] = at[camera], np.log1p(20)
        certain = sure[camera]
        things[0, camera, 0, 6:] = (*(shown[camera] * certain), certain, place[2])
    return things, tool[None], turn[None]


@pytest.mark.parametrize("sure", [(1.0, 1.0), (0.0, 0.9), (0.8, 0.1)])
def test_a_grasp_point_is_triangulated_from_rays_and_heights(sure):
    """Both cameras find it, and so does either of them alone."""
    place = np.array([0.52, 0.03, 0.045])
    found, known = GARMENT.rig.triangulate_grasp(*with_grasp_point(place, sure=sure))
    assert np.allclose(found[0, 0], place, atol=2e-3)
    assert known[0].tolist() == [True] + [False] * (len(GARMENT.things) - 1)


def test_a_garment_without_a_visible_grasp_point_is_grasped_at_its_middle():
    """So is one whose predicted grasp point is far away from it."""
    place, elsewhere = np.array([0.52, 0.03, 0.045]), np.array([0.36, 0.03, 0.045])
    things, tool, _ = with_grasp_point(place)
    far = things.copy()
    far[..., 6:] = with_grasp_point(elsewhere)[0][..., 6:]
    given = {"ee_pos": tool, "ee_quat": tilted_quat(STRAIGHT_DOWN_RAD, 0.4)[None]}
    places = GARMENT.places(things, given)
    assert np.allclose(GARMENT.grips(things, places, given)[0, 0], place, atol=2e-3)
    for odd in (far, with_grasp_point(place, sure=(0.1, 0.2))[0]):
        assert np.array_equal(GARMENT.grips(odd, places, given)[0, 0], places[0, 0])


def test_in_training_the_grasp_point_is_that_of_the_demonstration():
    """The way and the wrist's keypoint lead to the label; without one, to the found grasp point."""
    place, grasp = np.array([0.52, 0.03, 0.045]), np.array([[0.50, 0.06, 0.03]])
    things, tool, turn = with_grasp_point(place)
    given = {
        "ee_pos": tool,
        "ee_quat": tilted_quat(STRAIGHT_DOWN_RAD, 0.4)[None],
        "gripper_qpos": np.full((1, 2), 0.04),
        "goal": np.ones((1, 4), np.float32),
    }
    keypoints = np.zeros((1, 2, 13, 10), np.float32)
    keypoints[:, :, 1:9] = things
    names = GARMENT.names(("front", "wrist"))
    for label, known in ((grasp, grasp), (np.full((1, 3), np.nan), place[None])):
        read = dict(zip(names, GARMENT(keypoints, {**given, GRASPED: label})[0], strict=True))
        to = np.array([[read["to_x"], read["to_y"]]])
        assert np.allclose(
            turned(to, GARMENT.augmentation.frame(given)), (known - tool)[:, :2], atol=3e-3
        )
        assert read["to_z"] == pytest.approx(known[0, 2] - tool[0, 2], abs=3e-3)
        shown = GARMENT.rig.wrist.picture((known - tool) @ turn[0])[0]
        assert np.allclose((read["wrist_x"], read["wrist_y"]), shown, atol=0.03)


@pytest.mark.parametrize(("height", "next_one"), [(0.30, 1), (0.10, 0)])
def test_of_a_heap_the_uppermost_is_next_unless_another_is_right_below(height, next_one):
    """Of two garments five centimetres apart one is three centimetres higher."""
    tool = (0.50, 0.03, height)
    things, hand, _ = with_grasp_point(np.array([0.50, 0.03, 0.03]), tool=tool)
    things[0, :, 1] = with_grasp_point(np.array([0.55, 0.03, 0.06]), tool=tool)[0][0, :, 0]
    given = {
        "ee_pos": hand,
        "ee_quat": tilted_quat(STRAIGHT_DOWN_RAD, 0.4)[None],
        "gripper_qpos": np.full((1, 2), 0.04),
        "goal": np.ones((1, 4), np.float32),
    }
    places = GARMENT.places(things, given)
    grips = GARMENT.grips(things, places, given)
    chosen, is_one, _ = GARMENT.choose(things, places, grips, given)
    assert is_one[0]
    assert chosen[0] == next_one


@pytest.mark.parametrize(("gap_m", "width_m", "inside"), [(0.06, 0.02, True), (0.06, 0.04, False)])
def test_a_garment_is_sorted_when_all_of_it_lies_in_the_hamper(gap_m, width_m, inside):
    """A wide garment's middle may be in the hamper while a sleeve hangs over the wall."""
    thing = GARMENT.things[0]
    centre, half = np.array(thing.container.centre_m), thing.container.half_m
    place = np.array([centre[0], centre[1] - half[1] + gap_m, 0.03])
    pinhole = GARMENT.rig.front
    depth = (place - pinhole.eye) @ pinhole.axes[2]
    spread = width_m / (depth * pinhole.slope)
    things = np.zeros((1, 2, len(GARMENT.things), 6), np.float32)
    things[0, 0, 0] = (*pinhole.picture(place), np.log1p(20), spread, 1.0, 0.0)  # along x alone
    assert pinhole.width_m(things[:, 0], place[None, None])[0, 0, 1] == pytest.approx(
        width_m, rel=0.01
    )
    goal = {"goal": np.ones((1, 4), np.float32)}
    places = np.full((1, len(GARMENT.things), 3), np.nan)
    places[0, 0] = place
    assert GARMENT.left(things, places, goal)[0, 0] == (not inside)
