"""These tests check that features are shifted: deeper, and after failed grasps elsewhere."""

from dataclasses import replace

import pytest
import torch

from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.task_features.failed_grasps import LEAVING_PLANS, STILL_PLANS
from sidestick.policies.task_features.hand_frame import turned
from sidestick.policies.task_features.retry_perturbation import DEEPER_M
from sidestick.policies.vision.keypoints import KeypointVision
from sidestick.sim_envs.tasks import task_class
from tests.sorting_rig import LITTER as NEXT

NAMES = NEXT.names(("front", "wrist"))
OPEN, HALF, SHUT = 0.080, 0.050, 0.002
LOWEST_M = 0.021
TO = slice(NAMES.index("to_x"), NAMES.index("to_x") + 3)


def read(width, *, held=0.0, height=0.12):
    """Features (1, F) of an end effector above an object that the wrist camera sees."""
    features = torch.zeros(1, len(NAMES))
    values = {"is_one": 1.0, "to_z": 0.03 - height, "ee_z": height, "gripper_width": width}
    values |= {"wrist_x": 0.1, "wrist_y": 0.2, "wrist_mass": 2.5, "held": held}
    for name, value in values.items():
        features[:, NAMES.index(name)] = value
    return features


def value(features, name):
    return float(features[0, NAMES.index(name)])


def led(perturbation, features, heading=0.0):
    """The features to plan with."""
    return perturbation(features, torch.tensor([heading]))


@pytest.fixture
def perturbation():
    return NEXT.augmentation.perturb()


def fail(perturbation, times=1):
    for _ in range(times):
        for width in (OPEN, HALF, SHUT, HALF, OPEN):
            led(perturbation, read(width))


def deeper_alone(perturbation, features):
    """Whether the features become those of an end effector that is higher and not aside."""
    seen = led(perturbation, features)
    up = seen - features
    assert up[0, TO].tolist() == pytest.approx([0.0, 0.0, -DEEPER_M], abs=1e-6)
    return value(up, "ee_z") == pytest.approx(DEEPER_M, abs=1e-6)


def test_before_a_failure_the_hand_is_led_a_little_deeper(perturbation):
    """The features of reaching and closing are; those of carrying, and of no object, are not."""
    assert deeper_alone(perturbation, read(OPEN))
    assert deeper_alone(perturbation, read(HALF))
    nothing = read(OPEN)
    nothing[:, NAMES.index("is_one")] = 0.0
    for features in (read(HALF, held=1.0), read(HALF, held=1.0, height=0.2), nothing):
        assert torch.equal(led(perturbation, features), features)


def test_a_failed_grasp_makes_the_next_one_deeper(perturbation):
    """The features are those of a higher end effector, so that it reaches as much lower."""
    fail(perturbation)
    plain = read(OPEN)
    seen = led(perturbation, plain)
    higher = value(seen, "ee_z") - value(plain, "ee_z")
    assert 2 * DEEPER_M < higher < 0.05
    assert value(seen, "to_z") - value(plain, "to_z") == pytest.approx(-higher)
    assert value(seen, "wrist_mass") < value(plain, "wrist_mass")  # it seems farther away


def test_a_grasp_that_opens_before_it_is_shut_has_failed_too(perturbation):
    """An object that was never lifted was not carried."""
    for width in (OPEN, HALF, OPEN):
        led(perturbation, read(width, held=float(width == HALF), height=0.03))
    assert perturbation.failed == 1


def test_a_grasp_on_nothing_counts_before_the_fingers_are_wide_open_and_once(perturbation):
    """A policy may close again from half open: each such grasp goes elsewhere than the last."""
    for attempt in range(1, 4):
        for width in (HALF, SHUT, 0.5 * HALF, HALF):
            led(perturbation, read(width))
        assert perturbation.failed == attempt
    led(perturbation, read(OPEN))
    assert perturbation.failed == 3


def test_releasing_a_carried_object_is_no_failure(perturbation):
    """A release after carrying sets the count to 0."""
    fail(perturbation, 2)
    for features in (read(HALF), read(HALF, held=1.0, height=0.2), read(OPEN, height=0.2)):
        led(perturbation, features)
    assert perturbation.failed == 0
    assert deeper_alone(perturbation, read(OPEN))


def test_an_object_that_seems_held_after_closing_on_nothing_is_not_carried(perturbation):
    """It lies behind the rising gripper."""
    for features in (read(OPEN), read(SHUT), read(HALF, held=1.0, height=0.2), read(OPEN)):
        led(perturbation, features)
    assert perturbation.failed == 1


def turned_about(features, angle):
    """The same place in the frame of another heading."""
    seen, turn = features.clone(), torch.tensor([angle])
    for name in ("base_x", "to_x", "release_x"):
        at = slice(NAMES.index(name), NAMES.index(name) + 2)
        seen[:, at] = turned(features[:, at], turn)
    return seen


def test_standing_still_over_an_object_is_a_failure(perturbation):
    """It counts after a few plans, but not while the end effector moves or holds an object."""
    features = read(OPEN)
    features[:, NAMES.index("base_x")] = 0.5
    still = [turned_about(features, 0.1 * number) for number in range(1 + STILL_PLANS)]
    for one in (*still[1:], read(OPEN, height=0.10), *still[1:]):
        assert deeper_alone(perturbation, one)
    led(perturbation, features)
    assert perturbation.failed == 1
    for one in [read(HALF, held=1.0)] * (3 * STILL_PLANS):
        assert torch.equal(led(perturbation, one), one)
    assert perturbation.failed == 1


def test_a_hand_that_stood_still_seems_to_have_closed_on_nothing(perturbation):
    """So a policy lifts it, as it learnt; then it comes again, aside of before."""
    for _ in range(STILL_PLANS):
        led(perturbation, read(OPEN))
    for height in (0.12, 0.17, 0.22)[: LEAVING_PLANS + 1]:
        plain = read(OPEN, height=height)
        seen = led(perturbation, plain)
        shut = value(seen, "gripper_width") == 0.0
        assert shut == (height < 0.2)
        assert shut == torch.equal(seen[:, TO], plain[:, TO])


@pytest.mark.parametrize(("width", "height", "arrived"), [
    (OPEN, 0.05, True), (HALF, 0.05, False), (OPEN, 0.12, False),
])  # fmt: skip
def test_a_hand_that_cannot_sink_to_its_object_seems_to_have_arrived(
    perturbation, width, height, arrived
):
    """It would wait for ever otherwise. One whose fingers close, or high above, is not kept."""
    above = led(perturbation, read(width, height=height))
    assert value(above, "to_z") == pytest.approx(0.03 - height - DEEPER_M)
    seen = led(perturbation, read(width, height=height))
    assert value(seen, "to_z") == pytest.approx(0.0 if arrived else 0.03 - height - DEEPER_M)
    lower = led(perturbation, read(width, height=height - 0.01))
    assert value(lower, "to_z") == pytest.approx(0.04 - height - DEEPER_M)


def test_every_further_failure_gives_another_displacement(perturbation):
    """It is the same in every episode: rollouts are repeatable."""
    ways: list[list[torch.Tensor]] = []
    for _ in range(2):
        perturbation.reset()
        ways.append([])
        for _ in range(6):
            fail(perturbation)
            ways[-1].append(led(perturbation, read(OPEN))[0, TO])
    assert all(not torch.equal(ways[0][0], way) for way in ways[0][1:])
    assert all(torch.equal(one, two) for one, two in zip(*ways, strict=True))


@pytest.mark.parametrize(("height", "room"), [(LOWEST_M, 0.0), (LOWEST_M + 0.001, 0.001)])
def test_no_displacement_leads_below_where_demonstrations_took_things(height, room):
    """The end effector is led only as far down as there is room."""
    perturbation = replace(NEXT, lowest_m=LOWEST_M).augmentation.perturb()
    fail(perturbation)
    seen = value(led(perturbation, read(OPEN, height=height)), "ee_z")
    assert height - 1e-6 <= seen <= height + room + 1e-6


def test_a_reset_forgets_all_failures(perturbation):
    """It is called when an episode begins and after the operator drove."""
    fail(perturbation, 3)
    perturbation.reset()
    assert perturbation.failed == 0
    assert deeper_alone(perturbation, read(OPEN))


@pytest.mark.parametrize("task", ["SortRecycling", "SortClothes", "ShelfPick"])
def test_only_sorting_tasks_have_an_augmentation(task):
    """Only their features are in the end effector's frame."""
    about = task_class(task)
    config = PerceptionConfig(task, "tiny", about.labels, about.goal_names, channels=4)
    augmented = KeypointVision(Perception(config)).augmentation is not None
    assert augmented == (task != "ShelfPick")
