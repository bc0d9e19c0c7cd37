"""These tests measure the agreement of made-up actions of operator and policy."""

import numpy as np
import pytest

from sidestick.sim_envs.spaces import METRES_PER_UNIT
from sidestick.teleop.session.action_agreement import AHEAD, action_agreement, agreement_by_stage

STEPS = 50


def constant(x: float, y: float, grip: float) -> np.ndarray:
    """The same action on every step, (STEPS, 7)."""
    return np.tile(np.array([x, y, 0, 0, 0, 0, grip], np.float32), (STEPS, 1))


def test_the_same_actions_agree() -> None:
    """Direction, distance and gripper are as good as they can be."""
    found = action_agreement(constant(0.5, 0, 1), constant(0.5, 0, 1))
    assert (found.cosine, found.distance_m, found.gripper) == pytest.approx((1, 0, 1))
    assert found.good


def test_each_measure_finds_its_own_fault() -> None:
    """Cosine finds another direction, distance another speed, gripper another grip."""
    turned = action_agreement(constant(0.5, 0, 1), constant(0, 0.5, 1))
    slow = action_agreement(constant(0.5, 0, 1), constant(0.1, 0, 1))
    open_gripper = action_agreement(constant(0.5, 0, 1), constant(0.5, 0, -1))
    assert turned.cosine == pytest.approx(0.0)
    assert slow.cosine == pytest.approx(1.0)
    assert slow.distance_m == pytest.approx(0.4 * METRES_PER_UNIT * AHEAD)
    assert (open_gripper.gripper, open_gripper.cosine) == pytest.approx((0.0, 1.0))
    assert not any(found.good for found in (turned, slow, open_gripper))


def test_steps_on_which_either_gives_no_action_do_not_count() -> None:
    """The distance ahead is not known across pauses; the other measures leave them out."""
    human = constant(0.5, 0, 1)
    human[20:25] = np.nan
    found = action_agreement(human, constant(0.5, 0, 1))
    assert found.steps == STEPS - 5
    nothing = action_agreement(np.full_like(human, np.nan), human)
    assert nothing.steps == 0
    assert not nothing.good
    assert nothing.to_json()["cosine"] is None


def test_stages_are_scored_by_themselves() -> None:
    """A policy may know how to reach and not how to grasp."""
    human, policy = constant(0.5, 0, 1), constant(0.5, 0, 1)
    policy[30:, 6] = -1
    stage = np.repeat([0, 2], [30, 20])
    found = agreement_by_stage(human, policy, stage, ("reach", "grasp", "carry"))
    assert list(found) == ["reach", "carry"]
    assert (found["reach"].gripper, found["carry"].gripper) == (1.0, 0.0)
