"""These tests check what is read from demonstrations and learnt of which object is next."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from sidestick.policies.next_step.chooser import SHOWN, SHOWN_HELD, GraspHeights, NextStepChooser
from sidestick.policies.next_step.demonstrated import Grasp, demonstrated, grasps
from sidestick.policies.next_step.learning import Examples, learn
from sidestick.policies.next_step.network import HIDDEN, NextStepNetwork, Sizes
from sidestick.policies.next_step.tokens import HAND_NAMES, WIDTH
from sidestick.policies.perception.network import Perception
from sidestick.policies.task_features.grasp_labels import next_grasps, told_closed
from sidestick.policies.task_features.pointed_object import ABOUT, HELD, PointedObject
from sidestick.policies.vision.keypoints import CARRIED_UNSEEN, KeypointVision
from sidestick.sim_envs.errors import BadValue
from sidestick.sim_envs.making import describe_task

OPEN, KEEP, CLOSE = -1.0, 0.0, 1.0
SIZES = Sizes(objects=4, token=3, hand=len(HAND_NAMES))


class Stub(SimpleNamespace):
    """Frames without files."""

    def __len__(self) -> int:
        return len(self.actions)


def frames(grip: list[float], ee_m: Any = None, episodes: tuple[int, ...] = ()) -> Any:
    """Frames of episodes of these lengths (default: one), with these gripper actions."""
    lengths = episodes or (len(grip),)
    actions = np.zeros((len(grip), 7), np.float32)
    actions[:, 6] = grip
    places = np.zeros((len(grip), 3)) if ee_m is None else np.asarray(ee_m, np.float64)
    return Stub(
        actions=actions,
        episode=np.repeat(np.arange(len(lengths)), lengths),
        episodes=[None] * len(lengths),
        observations={"ee_pos": places.astype(np.float32)},
    )


def test_a_pause_leaves_the_gripper_as_it_was_told() -> None:
    """An action of 0 is no opening, and an episode begins open."""
    given = frames([KEEP, CLOSE, KEEP, KEEP, OPEN, KEEP, CLOSE, KEEP], episodes=(7, 1))
    assert told_closed(given).tolist() == [0, 1, 1, 1, 0, 0, 1, 0]


def test_a_pause_while_carrying_is_no_new_grasp() -> None:
    """The next grasp is where the gripper closes, not where it goes on after a pause."""
    ee_m = [[0.1 * i, 0, 0] for i in range(6)]
    given = frames([OPEN, CLOSE, KEEP, CLOSE, OPEN, OPEN], ee_m)
    assert next_grasps(given)[:, 0].tolist()[:2] == pytest.approx([0.1, 0.1])
    assert np.isnan(next_grasps(given)[2:]).all()
    assert list(grasps(given)) == [Grasp(0, 1, 4, True)]


def test_grasps_are_read_episode_by_episode() -> None:
    """One that is closed to its episode's end ends there."""
    given = frames([OPEN, CLOSE, CLOSE, OPEN, CLOSE, OPEN, OPEN, CLOSE], episodes=(3, 5))
    assert list(grasps(given)) == [
        Grasp(0, 1, 3, False),
        Grasp(3, 4, 5, True),
        Grasp(5, 7, 8, False),
    ]


def carried(*legs: tuple[list[float], list[float], int, int | None]) -> tuple[Any, np.ndarray]:
    """Frames and places (N, 2, 3) of a hand that goes along legs of four frames.

    A leg is from, to, the grip, and which of the two objects goes along with the hand.
    """
    where = np.array([[0.4, 0.2, 0.03], [0.4, -0.2, 0.03]])
    grip, ee_m, places = [], [], []
    for begin, end, told, along in legs:
        for share in np.linspace(0, 1, 4):
            ee_m.append(np.array(begin) * (1 - share) + np.array(end) * share)
            if along is not None:
                where[along] = ee_m[-1]
            grip.append(float(told))
            places.append(where.copy())
    return frames(grip, ee_m), np.array(places)


HOME, LEFT, RIGHT, BOX = [0.3, 0.0, 0.3], [0.4, 0.2, 0.03], [0.4, -0.2, 0.03], [0.7, 0.0, 0.2]
BOTH = np.array([True, True])


def test_a_step_is_about_the_object_that_then_goes_along() -> None:
    """From the opening before to the opening after; it is held once it is lifted."""
    given, places = carried((HOME, LEFT, -1, None), (LEFT, BOX, 1, 0), (BOX, HOME, -1, None))
    shown = demonstrated(given, places, BOTH)
    assert shown.about.tolist() == [0] * 8 + [2] * 4
    assert shown.held.tolist() == [False] * 5 + [True] * 3 + [False] * 4
    assert np.allclose(shown.release_m[:8], BOX, atol=1e-6)
    assert not shown.failed.any()


def test_a_grasp_that_missed_is_about_its_object_but_not_to_be_imitated() -> None:
    """The object stays where it is; the hand opens beside it and takes it the second time."""
    near = [0.4, 0.2, 0.05]
    given, places = carried(
        (HOME, LEFT, -1, None),
        (LEFT, near, 1, None),
        (near, LEFT, -1, None),
        (LEFT, BOX, 1, 0),
        (BOX, HOME, -1, None),
    )
    shown = demonstrated(given, places, BOTH)
    assert shown.about[:16].tolist() == [0] * 16
    assert shown.failed.tolist() == [True] * 8 + [False] * 12
    assert np.allclose(shown.release_m[:16], BOX, atol=1e-6)
    assert not shown.known[4:8].any()


def test_where_an_object_was_dropped_is_not_its_place() -> None:
    """It is let go of on the way, and taken again from there."""
    drop = [0.5, 0.1, 0.1]
    given, places = carried(
        (HOME, LEFT, -1, None),
        (LEFT, drop, 1, 0),
        (drop, drop, -1, None),
        (drop, BOX, 1, 0),
        (BOX, HOME, -1, None),
    )
    shown = demonstrated(given, places, BOTH)
    assert np.allclose(shown.release_m[:16], BOX, atol=1e-6)
    assert shown.failed[:8].all()
    assert not shown.failed[8:].any()


def test_what_no_instruction_names_is_not_taken() -> None:
    """The nearest named object is, although a box stands nearer."""
    given, places = carried((HOME, LEFT, -1, None), (LEFT, BOX, 1, 0), (BOX, HOME, -1, None))
    shown = demonstrated(given, places, np.array([False, True]))
    assert set(shown.about[:8].tolist()) == {1}
    assert not shown.known[:8].any()


def made_up(count: int, seed: int) -> Examples:
    """Scenes of four objects on a line: the leftmost of those not yet beyond 0.5 is next.

    Objects are let go of at 1.0, odd classes at -1.0; one that is at the hand is held if the
    fingers are apart.
    """
    rng = np.random.default_rng(seed)
    at = rng.uniform(-1, 1, (count, 4))
    at[np.arange(count), rng.integers(0, 4, count)] = rng.uniform(-1, 0.4, count)
    about = np.where(at < 0.5, at, np.inf).argmin(1)
    held = rng.random(count) < 0.4
    hand = np.zeros((count, len(HAND_NAMES)))
    each = np.arange(count)
    hand[:, 0] = np.where(held, at[each, about], at[each, about] + 0.3)
    hand[:, WIDTH] = np.where(held, 0.05, 0.08)
    tokens = np.stack((at, at - hand[:, :1], np.ones_like(at)), axis=-1)
    release = np.zeros((count, 3))
    release[:, 0] = np.where(about % 2, -1.0, 1.0)
    arrays = (tokens, hand, np.ones((count, 4), np.bool_), about, held, release)
    floats = [torch.from_numpy(array) for array in arrays]
    floats = [t.float() if t.is_floating_point() else t for t in floats]
    return Examples(*floats, torch.from_numpy(np.where(held, np.inf, 0.3)).float())


@pytest.fixture(scope="module")
def taught() -> NextStepNetwork:
    """A network that has learnt from such scenes."""
    return learn(made_up(3000, 0), SIZES, updates=250)


def test_what_is_next_held_and_its_place_are_learnt_from_examples(taught: NextStepNetwork) -> None:
    """On scenes that were not learnt from; the rule itself is written in the test alone."""
    given = made_up(500, 1)
    with torch.inference_mode():
        found = taught(given.tokens, given.hand, given.candidates)
    each = torch.arange(500)
    assert (found.scores.argmax(1) == given.about).float().mean() > 0.93
    assert ((found.held[each, given.about] > 0) == given.held).float().mean() > 0.97
    release = found.release[each, given.about]
    assert (release - given.release_m).abs().mean() < 0.1


def test_where_an_object_is_let_go_of_does_not_go_along_with_the_hand() -> None:
    """It goes along with the bin: the last class is one, and all others are let go of in it."""
    given = made_up(2000, 0)
    bin_at = given.tokens[:, 3, 0]
    given.release_m[:, 0] = bin_at
    network = learn(given, SIZES._replace(fixed=(3,), place=(0,)), updates=150)
    aside = given.hand.clone()
    aside[:, :3] += 0.5
    moved = given.tokens.clone()
    moved[:, :3] += 0.5
    with torch.inference_mode():
        found = network(given.tokens, given.hand, given.candidates).release
        then = network(moved, aside, given.candidates).release
    assert torch.equal(found, then)
    assert (found[:, 0, 0] - bin_at).abs().mean() < 0.1


def test_fingers_that_closed_on_nothing_hold_nothing(taught: NextStepNetwork) -> None:
    """No example shows it: reaching hands are open. Fingers are emptied while it learns."""
    given = made_up(500, 1)
    given.hand[:, WIDTH] = torch.where(given.held, given.hand[:, WIDTH], 0.0)
    with torch.inference_mode():
        found = taught(given.tokens, given.hand, given.candidates)
    says = found.held[torch.arange(500), given.about] > 0
    assert not says[~given.held].float().mean() > 0.03


def test_fingers_that_open_above_an_object_hold_nothing() -> None:
    """Over an object that lies a hand's breadth below, they are as far apart as round one."""
    examples, given = made_up(3000, 0), made_up(500, 1)
    for one in (examples, given):
        one.to_grasp_m[~one.held] = 0.08
    given.hand[:, WIDTH] = 0.05
    network = learn(examples, SIZES, updates=150)
    with torch.inference_mode():
        found = network(given.tokens, given.hand, given.candidates)
    says = found.held[torch.arange(500), given.about] > 0
    assert says[~given.held].float().mean() < 0.03
    assert says[given.held].float().mean() > 0.97


def test_only_candidates_are_pointed_at_and_learning_is_repeatable() -> None:
    """The same seed gives the same weights, another one others."""
    given = made_up(300, 0)
    one, two, other = (learn(given, SIZES, seed, updates=5) for seed in (0, 0, 1))
    for a, b, c in zip(one.parameters(), two.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a.numel() < 5 or not torch.equal(a, c)
    some = given.candidates.clone()
    some[:, :3] = False
    scores = one(given.tokens, given.hand, some).scores
    assert (scores[:, :3] == HIDDEN).all()
    assert (scores.argmax(1) == 3).all()


def test_what_was_demonstrated_stands_in_place_of_what_is_said() -> None:
    """Where it is known; below 0 the network is asked."""
    chooser = NextStepChooser(describe_task("SortRecycling"), 6)
    keypoints = np.zeros((2, 2, 12, 6), np.float32)
    given = {
        "ee_pos": np.full((2, 3), 0.3, np.float32),
        "ee_quat": np.tile(np.float32([1, 0, 0, 0]), (2, 1)),
        "gripper_qpos": np.full((2, 2), 0.04, np.float32),
        "goal": np.ones((2, 8), np.float32),
    }
    shown = {SHOWN: np.array([3, -1]), SHOWN_HELD: np.array([True, True])}
    found = chooser.choose(chooser.tokens(keypoints, given), {**given, **shown})
    assert found[ABOUT].tolist() == [3, len(chooser.tokens.labels)]
    assert found[HELD].tolist() == [True, False]


@pytest.mark.parametrize(
    ("grip", "expected"),
    [([OPEN] * 4, "the gripper closes"), ([OPEN, CLOSE, CLOSE, OPEN], "a seen object")],
)
def test_demonstrations_that_show_nothing_are_refused(grip: list[float], expected: str) -> None:
    """With what was asked and what was found."""
    chooser = NextStepChooser(describe_task("SortRecycling"), 6)
    given = frames(grip, np.full((4, 3), 0.3))
    columns = {
        **given.observations,
        "ee_quat": np.tile(np.float32([1, 0, 0, 0]), (4, 1)),
        "gripper_qpos": np.full((4, 2), 0.04, np.float32),
        "goal": np.ones((4, 8), np.float32),
        "keypoints": np.zeros((4, 2, 12, 6), np.float32),
    }
    with pytest.raises(BadValue, match=expected):
        chooser.learn(given, columns, 0)
    with pytest.raises(BadValue, match="untaught"):
        NextStepChooser(describe_task("SortRecycling"), 6).shown(given, columns)


def test_after_the_last_grasp_nothing_is_pointed_at_in_training() -> None:
    """What lies in its place would else be an object over which the hand only rises."""
    chooser = NextStepChooser(describe_task("SortRecycling"), 6)
    chooser.set_heights(GraspHeights(0.03, 0.03, 0.02))
    given = frames([OPEN, CLOSE, CLOSE, OPEN, OPEN], [[0.3 + 0.1 * i, 0, 0.2] for i in range(5)])
    columns = {
        **given.observations,
        "ee_quat": np.tile(np.float32([1, 0, 0, 0]), (5, 1)),
        "gripper_qpos": np.full((5, 2), 0.04, np.float32),
        "goal": np.ones((5, 8), np.float32),
        "keypoints": np.zeros((5, 2, 12, 6), np.float32),
    }
    shown = chooser.shown(given, columns)
    objects = len(chooser.tokens.labels)
    assert shown[SHOWN].tolist() == [-1, -1, -1, objects, objects]
    scene = chooser.tokens(columns["keypoints"], columns)
    assert chooser.choose(scene, {**columns, **shown})[ABOUT][3:].tolist() == [objects, objects]


def test_policies_of_earlier_versions_see_as_they_were_trained() -> None:
    """Their settings lack the key: the hand's hold is read, and the release told from the hand."""
    vision = KeypointVision(Perception.load_shipped("SortRecycling"))
    vision.fit({"features": np.random.default_rng(0).random((9, vision.size), np.float32)})
    vision.set_heights(GraspHeights(0.05, 0.03, 0.02))
    settings = vision.settings()
    assert settings.pop(CARRIED_UNSEEN)
    before = KeypointVision.from_settings(settings)
    again = KeypointVision.from_settings(before.settings())
    for earlier in (before, again):
        assert earlier.chooser is not None
        assert earlier.chooser.sizes.sees_hand
        assert earlier.chooser.network.release[0].in_features == 2 * 64
        assert isinstance(earlier.layout, PointedObject)
        assert earlier.layout.shows_held
        assert earlier.layout.lowest_m == pytest.approx(0.02)
    assert KeypointVision.from_settings(vision.settings()).chooser.sizes == vision.chooser.sizes
