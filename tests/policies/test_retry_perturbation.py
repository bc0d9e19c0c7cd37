"""After a grasp that came to nothing the hand believes to be aside; otherwise nothing changes."""

import pytest
import torch

from sidestick.policies.perception.network import Perception, PerceptionConfig
from sidestick.policies.task_features.retry_perturbation import GUESSES, LOWEST_LED_M, STILL_PLANS
from sidestick.policies.vision.keypoints import KeypointVision
from sidestick.sim_envs.tasks import task_class
from tests.sorting_rig import LITTER as NEXT

NAMES = NEXT.names(("front", "wrist"))
OPEN, HALF, SHUT = 0.080, 0.050, 0.002
TO = slice(NAMES.index("to_x"), NAMES.index("to_x") + 3)


def read(width, *, held=0.0, height=0.12):
    """Features (1, F) of a hand above a thing that the wrist sees."""
    features = torch.zeros(1, len(NAMES))
    values = {"is_one": 1.0, "to_z": 0.03 - height, "ee_z": height, "gripper_width": width}
    values |= {"wrist_x": 0.1, "wrist_y": 0.2, "wrist_mass": 2.5, "held": held}
    for name, value in values.items():
        features[:, NAMES.index(name)] = value
    return features


def value(features, name):
    return float(features[0, NAMES.index(name)])


@pytest.fixture
def guess():
    return NEXT.augmentation.perturb()


def fail(guess, times=1):
    for _ in range(times):
        for width in (OPEN, HALF, SHUT, HALF, OPEN):
            guess(read(width))


def test_nothing_changes_before_a_failure(guess):
    """Reaching, closing and carrying are read as they are."""
    for features in (
        read(OPEN),
        read(HALF),
        read(HALF, held=1.0),
        read(HALF, held=1.0, height=0.2),
    ):
        assert torch.equal(guess(features), features)


def test_a_failed_grasp_makes_the_next_one_deeper(guess):
    """A hand that believes to be higher reaches as much lower; the ways agree with each other."""
    fail(guess)
    plain = read(OPEN)
    seen = guess(plain)
    assert value(seen, "ee_z") - value(plain, "ee_z") == pytest.approx(GUESSES[0][2])
    assert value(seen, "to_z") - value(plain, "to_z") == pytest.approx(-GUESSES[0][2])
    assert value(seen, "wrist_mass") < value(plain, "wrist_mass")  # it seems farther away


def test_a_grasp_that_opens_before_it_is_shut_has_failed_too(guess):
    """What was never lifted was not carried."""
    for width in (OPEN, HALF, OPEN):
        guess(read(width, held=float(width == HALF), height=0.03))
    assert guess.failed == 1


def test_what_was_carried_and_let_go_was_no_failure(guess):
    """A release over a container begins a new count."""
    fail(guess, 2)
    for features in (read(HALF), read(HALF, held=1.0, height=0.2), read(OPEN, height=0.2)):
        guess(features)
    assert guess.failed == 0
    assert torch.equal(guess(read(OPEN)), read(OPEN))


def test_a_thing_that_seems_held_by_fingers_that_closed_on_nothing_is_not_carried(guess):
    """It lies behind the rising hand."""
    for features in (read(OPEN), read(SHUT), read(HALF, held=1.0, height=0.2), read(OPEN)):
        guess(features)
    assert guess.failed == 1


def test_a_hand_that_stands_still_over_something_has_failed(guess):
    """After a few plans, and again after as many more; not while it moves or holds something."""
    still = [read(OPEN)] * (1 + STILL_PLANS)
    for features in (*still[1:], read(OPEN, height=0.10), *still[1:]):
        assert torch.equal(guess(features), features)
    assert not torch.equal(guess(read(OPEN)), read(OPEN))
    assert guess.failed == 1
    for features in [read(HALF, held=1.0)] * (3 * STILL_PLANS):
        assert torch.equal(guess(features), features)
    assert guess.failed == 1


def test_every_further_failure_is_answered_otherwise(guess):
    """As many different ways as there are guesses, then from the first one again."""
    ways = []
    for _ in range(len(GUESSES) + 1):
        fail(guess)
        ways.append(guess(read(OPEN))[0, TO])
    assert all(not torch.equal(ways[0], way) for way in ways[1:-1])
    assert torch.equal(ways[0], ways[-1])


@pytest.mark.parametrize(("height", "room"), [(LOWEST_LED_M, 0.0), (LOWEST_LED_M + 0.004, 0.004)])
def test_nobody_is_led_into_the_table(guess, height, room):
    """Only so much deeper as there is room."""
    fail(guess)
    assert value(guess(read(OPEN, height=height)), "ee_z") == pytest.approx(height + room)


def test_a_new_episode_forgets(guess):
    """Reset, as at an episode's begin and after a human drove."""
    fail(guess, 3)
    guess.reset()
    assert torch.equal(guess(read(OPEN)), read(OPEN))


@pytest.mark.parametrize("task", ["SortRecycling", "SortClothes", "ShelfPick"])
def test_only_sorting_guesses(task):
    """Where features are given from the hand."""
    about = task_class(task)
    config = PerceptionConfig(task, "tiny", about.labels, about.goal_names, channels=4)
    guesses = KeypointVision(Perception(config)).augmentation is not None
    assert guesses == (task != "ShelfPick")
