"""These tests check the error rates of the sequential test and how soon it rejects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.policies.statistics.sequential import Sprt
from sidestick.sim_envs.errors import BadValue

TEST = Sprt(good=0.85, bad=0.6)


def test_failures_in_a_row_are_rejected_and_successes_are_not() -> None:
    """Four failures in a row reject; a hundred successes never do."""
    assert TEST.judge([False] * 20).rejected_after == 4
    assert not TEST.judge([True] * 100).rejected


@given(st.lists(st.booleans(), max_size=200))
def test_a_long_good_past_never_delays_a_rejection_by_more_than_one_acceptance(
    past: list[bool],
) -> None:
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


@pytest.mark.parametrize(("rate", "wrong"), [(0.85, True), (0.6, False)])
def test_the_errors_are_those_that_were_asked_for(rate: float, wrong: bool) -> None:
    """Of 2,000 single tests at either rate at most 5 % err, with a margin for chance."""
    rng, errors, runs = np.random.default_rng(0), 0, 2000
    for _ in range(runs):
        ratio = 0.0
        while TEST.accept_at < ratio < TEST.reject_at:
            ratio += TEST.weight(bool(rng.random() < rate))
        errors += (ratio >= TEST.reject_at) == wrong
    assert errors / runs < 0.065


@pytest.mark.parametrize("values", [(0.5, 0.6), (1.0, 0.5), (0.5, 0.0)])
def test_rates_that_make_no_sense_are_refused(values: tuple[float, float]) -> None:
    """BadValue unless 0 < bad < good < 1."""
    with pytest.raises(BadValue, match="bad"):
        Sprt(*values)
