"""The layout of the sorting tasks, with the simulator's own labels in the place of perception."""

import numpy as np
import pytest

from sidestick.policies.task_features.hand_frame import rotation, turned, turned_actions
from sidestick.policies.task_features.next_object import GRASPED, TAKEN
from sidestick.sim_envs import kinematics, make_task_env
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.experts import make_expert
from sidestick.sim_envs.rotations import STRAIGHT_DOWN_RAD, tilted_hand
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


def kind(features: dict[str, float]) -> str:
    return next(thing.label for thing in NEXT.things if features[thing.label] > 0.5)


@pytest.mark.parametrize("seed", range(8))
def test_things_are_found_where_they_lie(env, seed):
    """A keypoint lifted to the table is within four centimetres of the thing's middle."""
    observation, _ = env.reset(seed=seed)
    things = perfect(env)[:, :, 1 : 1 + len(NEXT.things)]
    places = NEXT.places(things, columns(observation))[0]
    for name in env.task.present:
        truth = env.world.pose(name).position[:2]
        assert np.linalg.norm(places[env.task.goal_names.index(name), :2] - truth) < 0.04
    absent = [n for n in env.task.goal_names if n not in env.task.present]
    assert all(np.isnan(places[env.task.goal_names.index(name)]).all() for name in absent)


@pytest.mark.parametrize("seed", range(4))
def test_the_next_thing_is_one_that_is_not_sorted_and_then_the_one_in_the_hand(env, seed):
    """Along a whole episode of the expert; at its end there is none left."""
    observation, _ = env.reset(seed=seed)
    expert, right, ticks = make_expert("SortRecycling"), 0, 0
    for tick in range(env.task.max_steps):
        if tick % 5 == 0:
            features, held = read(env, observation), env.task.held(env.world, env.arm)
        opening = features["held"] and not env.arm.controller.closing
        if tick % 5 == 0 and not opening:  # then it may still be called held for a tick
            left = env.task.unsorted(env.world)
            chosen = kind(features) if features["is_one"] else None
            right += chosen == held if held else chosen in left if left else chosen is None
            ticks += 1
        observation, _, done, *_ = env.step(expert.next(env).action(env.arm.tool()))
        if done:
            break
    assert read(env, observation)["is_one"] == 0.0
    assert right / ticks > 0.95


def test_the_way_to_the_container_is_the_one_of_its_kind(env):
    """The place where it belongs, from the hand and as the hand is turned, metres."""
    observation, _ = env.reset(seed=1)
    features = read(env, observation)
    bin_ = own_bin(kind(features))
    way = np.array([[features["container_x"], features["container_y"]]])
    way = turned(way, NEXT.augmentation.frame(columns(observation)))[0]
    assert np.allclose(env.arm.tool().position[:2] + way, bin_.centre_m, atol=1e-3)


def test_actions_come_back_as_they_went():
    """There and back is the identity; heights, the turn about the vertical and the grip stay."""
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (5, 8, 7)).astype(np.float32)
    angle = rng.uniform(-4, 4, 5)
    there = turned_actions(actions, angle)
    assert np.allclose(turned_actions(there, -angle), actions, atol=1e-6)
    assert np.array_equal(there[..., [2, 5, 6]], actions[..., [2, 5, 6]])
    assert not np.allclose(there, actions)


@pytest.mark.parametrize("seed", range(4))
def test_what_a_demonstration_takes_next_is_the_next_thing_in_training(env, seed):
    """Whatever is nearest to the hand; without such a label it is what is nearest."""
    observation, _ = env.reset(seed=seed)
    seen, given, chosen = perfect(env), columns(observation), []
    for name in env.task.present:
        taken = env.world.pose(name).position[None].astype(np.float32)
        features = NEXT(seen, {**given, TAKEN: taken})[0]
        chosen.append(kind(dict(zip(NAMES, features.tolist(), strict=True))))
    assert chosen == env.task.present
    unknown = np.full((1, 3), np.nan, np.float32)
    assert np.array_equal(NEXT(seen, {**given, TAKEN: unknown}), NEXT(seen, given))


@pytest.mark.parametrize("seed", range(4))
def test_a_thing_that_lies_below_half_open_fingers_is_not_in_the_hand(env, seed):
    """By seven centimetres, straight below the tool."""
    env.reset(seed=seed)
    place = env.world.pose(env.task.present[0]).position + np.array([0.0, 0.0, 0.07])
    joints = kinematics.inverse(place, tilted_hand(STRAIGHT_DOWN_RAD), kinematics.REST_RAD, 200)
    env.arm.put(joints, opening_m=0.02)
    assert read(env, env._observe())["held"] == 0.0


def hand_with(layout, width, *, height=0.2, aside=None):
    """Things (1, 2, M, 6) and columns of a hand with the first thing at its fingers.

    The front camera sees it `aside` metres to the side of them; None: not at all.
    """
    things = np.zeros((1, 2, len(layout.things), 6), np.float32)
    tool = np.array([0.5, 0.0, height])
    things[0, 1, 0, :2] = layout.rig.wrist.picture(np.zeros(3))
    things[0, 1, 0, 2] = np.log1p(20)
    if aside is not None:
        things[0, 0, 0, :2] = layout.rig.front.picture(np.add(tool, (0.0, aside, 0.0)))
        things[0, 0, 0, 2] = np.log1p(20)
    quat = tilted_hand(STRAIGHT_DOWN_RAD, 0.0)
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
    """A jar that is wider than the opening presses the fingers apart."""
    found = LITTER.held(*hand_with(LITTER, width))
    assert found[0].tolist() == [held] + [False] * (len(LITTER.things) - 1)


@pytest.mark.parametrize(
    ("layout", "height", "held"),
    [(GARMENT, 0.2, True), (GARMENT, 0.07, False), (LITTER, 0.2, False)],
)
def test_cloth_may_swing_aside_in_the_air(layout, height, held):
    """Six centimetres beside the fingers: held where it hangs, another thing where it lies."""
    assert layout.held(*hand_with(layout, 0.03, height=height, aside=0.06))[0, 0] == held


@pytest.mark.parametrize(
    ("below_m", "sure", "held"), [(0.0, 0.9, True), (0.1, 0.9, False), (0.1, 0.3, True)]
)
def test_a_garment_whose_highest_fold_is_far_below_half_open_fingers_is_not_held(
    below_m, sure, held
):
    """Though it is seen where one that hangs would be; without a sure hold that is all there is."""
    things, given = hand_with(GARMENT, 0.03)
    known = np.zeros((*things.shape[:-1], 10), np.float32)
    known[..., :6] = things
    fold = GARMENT.rig.wrist.picture(np.array([0.0, 0.0, below_m]))
    known[0, 1, 0, 6:9] = (*(fold * sure), sure)
    assert GARMENT.held(known, given)[0, 0] == held


def with_hold(place, *, sure=(1.0, 1.0), tool=(0.45, 0.05, 0.2), yaw=0.4):
    """One garment (1, 2, M, 10) whose middle is elsewhere, taken hold of at `place`, and a hand."""
    rig, tool = GARMENT.rig, np.array(tool)
    quat = tilted_hand(STRAIGHT_DOWN_RAD, yaw)
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
def test_a_hold_is_where_the_rays_and_the_height_meet(sure):
    """By both cameras, and by either of them alone."""
    place = np.array([0.52, 0.03, 0.045])
    found, known = GARMENT.rig.triangulate_grasp(*with_hold(place, sure=sure))
    assert np.allclose(found[0, 0], place, atol=2e-3)
    assert known[0].tolist() == [True] + [False] * (len(GARMENT.things) - 1)


def test_a_garment_without_a_hold_in_view_is_taken_at_its_middle():
    """And so is one whose hold is said to be far away from it."""
    place, elsewhere = np.array([0.52, 0.03, 0.045]), np.array([0.36, 0.03, 0.045])
    things, tool, _ = with_hold(place)
    far = things.copy()
    far[..., 6:] = with_hold(elsewhere)[0][..., 6:]
    given = {"ee_pos": tool, "ee_quat": tilted_hand(STRAIGHT_DOWN_RAD, 0.4)[None]}
    places = GARMENT.places(things, given)
    assert np.allclose(GARMENT.grips(things, places, given)[0, 0], place, atol=2e-3)
    for odd in (far, with_hold(place, sure=(0.1, 0.2))[0]):
        assert np.array_equal(GARMENT.grips(odd, places, given)[0, 0], places[0, 0])


def test_in_training_a_garment_is_taken_where_the_demonstration_takes_it():
    """The way there, and where the wrist sees it; with no such label, where it can be held."""
    place, grasp = np.array([0.52, 0.03, 0.045]), np.array([[0.50, 0.06, 0.03]])
    things, tool, turn = with_hold(place)
    given = {
        "ee_pos": tool,
        "ee_quat": tilted_hand(STRAIGHT_DOWN_RAD, 0.4)[None],
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
def test_of_a_heap_the_uppermost_is_next_unless_the_hand_is_low_over_another(height, next_one):
    """Two garments, five centimetres from each other, one three centimetres higher."""
    tool = (0.50, 0.03, height)
    things, hand, _ = with_hold(np.array([0.50, 0.03, 0.03]), tool=tool)
    things[0, :, 1] = with_hold(np.array([0.55, 0.03, 0.06]), tool=tool)[0][0, :, 0]
    given = {
        "ee_pos": hand,
        "ee_quat": tilted_hand(STRAIGHT_DOWN_RAD, 0.4)[None],
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
    """Its middle may be over the hamper while a sleeve hangs over the wall."""
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
