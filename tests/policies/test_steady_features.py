"""These tests check what a policy goes on believing while the pictures say something else."""

import pytest
import torch

from sidestick.policies.task_features.hand_frame import turned
from sidestick.policies.task_features.steady_features import JUMP_M, LOW_M, MOVED_M, SteadyFeatures
from tests.sorting_rig import LITTER

NAMES = LITTER.names(("front", "wrist"))
HELD = 0.04
SMALL, LARGE = 0.5 * JUMP_M[0], 2 * JUMP_M[0]


def view(*, at=(0.5, 0.1), hand=(0.5, 0.1), heading=0.0, above=0.03, **values):
    """Features (1, F) of a hand above an object, both at places on the table in metres."""
    features = torch.zeros(1, len(NAMES))
    frame = torch.tensor([-heading])
    to, base = torch.tensor(at) - torch.tensor(hand), -torch.tensor(hand)
    ways = {"to_x": turned(to[None], frame)[0], "base_x": turned(base[None], frame)[0]}
    for name, way in ways.items():
        features[0, NAMES.index(name) : NAMES.index(name) + 2] = way
    values = {"is_one": 1.0, "to_z": -above, "ee_z": above, "gripper_width": 0.08} | values
    for name, value in values.items():
        features[:, NAMES.index(name)] = value
    return features, torch.tensor([heading])


def carrying(**values):
    """Features of a hand that carries something through the air."""
    return view(above=0.2, **({"held": 1.0, "gripper_width": HELD, "to_z": 0.0} | values))


def place(features, heading, hand=(0.5, 0.1)):
    """Where the features say that the object is on the table, metres."""
    first = NAMES.index("to_x")
    way = turned(features[:, first : first + 2], heading)[0]
    return (way + torch.tensor(hand)).tolist()


@pytest.fixture
def steady():
    return SteadyFeatures(LITTER.augmentation.imagined)


@pytest.mark.parametrize(("above", "jump", "kept"), [
    (0.03, LARGE, True), (0.03, SMALL, False), (0.03, 2 * JUMP_M[1], False),
    (LOW_M + 0.01, LARGE, False),
])  # fmt: skip
def test_a_low_hand_goes_to_where_the_place_was_before(steady, above, jump, kept):
    """Whatever its heading. What is near by is followed, and so is another object."""
    steady(*view(above=0.1))
    new = (0.5, 0.1 + jump)
    features, heading = view(at=new, heading=0.4, above=above)
    expected = (0.5, 0.1) if kept else new
    assert place(steady(features, heading), heading) == pytest.approx(expected, abs=1e-6)


def test_a_place_that_is_seen_twice_is_believed(steady):
    """The object was pushed there."""
    steady(*view(above=0.1))
    moved = view(at=(0.5, 0.1 + LARGE))
    assert place(steady(*moved), moved[1]) == pytest.approx((0.5, 0.1))
    assert torch.equal(steady(*moved), moved[0])


def test_what_was_carried_in_between_is_found_anew(steady):
    """The next object is another one."""
    steady(*view(above=0.1))
    steady(*carrying())
    moved = view(at=(0.5, 0.1 + LARGE))
    assert torch.equal(steady(*moved), moved[0])


@pytest.mark.parametrize(("change", "still"), [
    ({}, True), ({"gripper_width": HELD + 2 * MOVED_M}, False), ({"ee_z": 0.03}, False),
])  # fmt: skip
def test_resting_fingers_hold_what_they_held(steady, change, still):
    """Though the pictures do not say so any more; not once they moved, nor low on the table."""
    before, heading = carrying()
    steady(before, heading)
    lost, _ = carrying(held=0.0, to_z=-0.17, wrist_mass=2.0, **change)
    assert torch.equal(steady(lost, heading), before if still else lost)


def test_what_is_held_is_what_was_held(steady):
    """Not what is to be taken next, which belongs elsewhere; and the hand has moved on."""
    first, second = (NAMES.index(name) for name in LITTER.labels[:2])
    release = slice(NAMES.index("release_x"), NAMES.index("release_x") + 2)
    before, heading = carrying()
    before[:, first], before[:, release] = 1.0, torch.tensor([0.2, 0.3])
    steady(before, heading)
    lost, turned_by = carrying(held=0.0, to_z=-0.17, hand=(0.6, 0.1), heading=0.4)
    lost[:, second], lost[:, release] = 1.0, torch.tensor([-0.5, 0.0])
    kept = steady(lost, turned_by)
    assert (kept[0, first], kept[0, second]) == (1.0, 0.0)
    on_table = turned(kept[:, release], turned_by)[0] + torch.tensor([0.6, 0.1])
    assert on_table.tolist() == pytest.approx([0.7, 0.4], abs=1e-6)


@pytest.mark.parametrize("width", [0.0, 0.08])
def test_fingers_that_are_shut_or_wide_open_hold_nothing(steady, width):
    """There is nothing to keep."""
    steady(*carrying(gripper_width=width))
    lost, heading = carrying(held=0.0, gripper_width=width)
    assert torch.equal(steady(lost, heading), lost)


def test_a_reset_forgets_all(steady):
    """It is called when an episode begins and after the operator drove."""
    steady(*carrying())
    steady.reset()
    lost, heading = carrying(held=0.0)
    assert torch.equal(steady(lost, heading), lost)
