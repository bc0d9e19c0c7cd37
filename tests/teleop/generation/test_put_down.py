"""These tests compare where objects are put down with where their source's was."""

import numpy as np
import pytest

from sidestick.sim_envs.furniture import Bin
from sidestick.sim_envs.rotations import STRAIGHT_DOWN_RAD, tilted_quat
from sidestick.sim_envs.world import Pose
from sidestick.teleop.generation.handling import Handling, Waypoint
from sidestick.teleop.generation.object_frame import Hang, ObjectFrame
from sidestick.teleop.generation.transferred_expert import (
    HIGHEST_M,
    INWARD,
    put_down_shift,
)

SHOWN = Bin("shown", (0.4, 0.3), (0.15, 0.12), 0.06, (0.5, 0.5, 0.5))
OTHER = Bin("other", (0.4, -0.3), (0.15, 0.12), 0.06, (0.5, 0.5, 0.5))
AT_M = np.array([0.42, 0.24, 0.20])
HANG = Hang(np.array([0.01, 0.0]), 0.10)
"""So the source's object was let go of 3 cm and 6 cm from the middle of its box."""


def source(period_rad: float) -> Handling:
    """Something that was let go of at AT_M; with a period of 0 it is soft."""
    pose = Pose(AT_M, tilted_quat(STRAIGHT_DOWN_RAD, 0.0))
    way = (Waypoint(pose, True), Waypoint(pose, False))
    frame = ObjectFrame(np.zeros(3), 0.0, period_rad, False)
    return Handling("a", "thing", frame, pose, way, way, way, SHOWN, 0.1, HANG)


@pytest.mark.parametrize("hang", [HANG, Hang(np.array([0.03, -0.02]), 0.25)])
def test_a_stiff_object_is_put_where_the_source_put_its_own(hang: Hang) -> None:
    """As high, in whichever box, however it hangs."""
    shift = put_down_shift(hang, OTHER, source(np.pi))
    assert np.allclose((AT_M + shift)[:2] + hang.aside, AT_M[:2] + HANG.aside - (0.0, 0.6))
    assert shift[2] == 0.0


@pytest.mark.parametrize("hang", [HANG, Hang(np.array([0.03, -0.02]), 0.25)])
def test_a_soft_object_is_put_nearer_to_the_middle_and_as_high_as_it_hangs(hang: Hang) -> None:
    """Its lowest point is where the source's was."""
    shift = put_down_shift(hang, OTHER, source(0.0))
    off_m = (AT_M + shift)[:2] + hang.aside - OTHER.centre_m
    assert np.allclose(off_m, (1 - INWARD) * np.array([0.03, -0.06]))
    assert AT_M[2] + shift[2] - hang.low_m == pytest.approx(AT_M[2] - HANG.low_m)


@pytest.mark.parametrize(("low_m", "higher_m"), [(0.02, 0.0), (1.0, HIGHEST_M - AT_M[2])])
def test_a_soft_object_is_brought_no_lower_and_not_out_of_reach(
    low_m: float, higher_m: float
) -> None:
    """What hangs down less than the source's is let go of as high as that was."""
    shift = put_down_shift(Hang(HANG.aside, low_m), SHOWN, source(0.0))
    assert shift[2] == pytest.approx(higher_m)
