"""These tests check the error rates of the sequential test and how soon it rejects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.policies.statistics.sequential import ShiryaevRoberts
from sidestick.sim_envs.errors import BadValue

TEST = ShiryaevRoberts(good=0.85, bad=0.6)


def test_failures_in_a_row_are_rejected_and_successes_are_not() -> None:
    """Four failures in a row reject; a hundred successes never do."""
    assert TEST.judge([False] * 20).rejected_after == 4
    assert not TEST.judge([True] * 100).rejected


@given(st.lists(st.booleans(), max_size=200))
def test_a_long_good_past_never_delays_a_rejection_for_long(past: list[bool]) -> None:
    """Whatever came before, seven failures in a row reject."""
    assert TEST.judge([*past, *[False] * 7]).rejected


@given(st.lists(st.booleans(), max_size=100))
def test_the_verdict_stands_at_the_trial_that_gave_it(past: list[bool]) -> None:
    """Later trials do not change a rejection, and no shorter prefix is rejected."""
    found = TEST.judge(past)
    if found.rejected_after is not None:
        assert found.trials == found.rejected_after
        assert not TEST.judge(past[: found.rejected_after - 1]).rejected
    else:
        assert found.log_ratio < TEST.reject_at


@given(st.floats(0.0, 20.0), st.floats(0.85, 1.0))
def test_a_good_rate_lets_the_statistic_grow_by_the_hazard_at_most(now: float, rate: float) -> None:
    """So the chance of rejecting it within N trials is at most alpha (1 + hazard N)."""
    mean = rate * TEST.ratio(True) + (1 - rate) * TEST.ratio(False)
    assert (now + TEST.hazard) * mean <= now + TEST.hazard + 1e-9
    assert TEST.false_alarms(100) == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("rate", "trials", "least", "most"), [(0.85, 100, 0, 0.15), (0.6, 60, 0.95, 1)]
)
def test_the_errors_are_those_that_are_promised(
    rate: float, trials: int, least: float, most: float
) -> None:
    """Of 2,000 runs at the good rate at most 15 % are rejected in 100; of bad ones 95 % in 60."""
    rng = np.random.default_rng(0)
    runs = rng.random((2000, trials)) < rate
    rejected = np.mean([TEST.judge(run).rejected for run in runs.tolist()])
    assert least <= rejected <= most


@pytest.mark.parametrize("values", [(0.5, 0.6), (1.0, 0.5), (0.5, 0.0)])
def test_rates_that_make_no_sense_are_refused(values: tuple[float, float]) -> None:
    """BadValue unless 0 < bad < good < 1."""
    with pytest.raises(BadValue, match="bad"):
        ShiryaevRoberts(*values)


def test_an_error_that_makes_no_sense_is_refused() -> None:
    """BadValue names alpha and the hazard."""
    with pytest.raises(BadValue, match="hazard"):
        ShiryaevRoberts(0.8, 0.5, hazard=1.0)
