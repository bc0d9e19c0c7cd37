"""These tests check the laws of the lower bound that holds after every trial."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.policies.statistics.lower_bound import (
    STAKES,
    WEIGHTS,
    error_of_stay,
    exceeds,
    log_capital,
    lower_bound,
    successes_needed,
)
from sidestick.sim_envs.errors import BadValue

counts = st.integers(0, 200)
bars = st.floats(0.05, 0.95)
alphas = st.floats(1e-3, 0.5)


def test_the_capital_starts_at_one() -> None:
    """The parts that go to the stakes sum to 1, and before the first trial nothing is known."""
    assert WEIGHTS.sum() == pytest.approx(1.0)
    assert float(log_capital(0, 0, 0.6)) == pytest.approx(0.0)
    assert lower_bound(0, 0, 0.05) == 0.0


@given(counts, counts, bars, st.floats(0.0, 1.0))
def test_no_rate_up_to_the_bar_makes_the_capital_grow(
    wins: int, losses: int, bar: float, part: float
) -> None:
    """It is a supermartingale: its mean after the next trial is at most its present value."""
    rate = bar * part
    now = float(log_capital(wins, losses, bar))
    after = np.exp(
        np.array([log_capital(wins + 1, losses, bar), log_capital(wins, losses + 1, bar)]) - now
    )
    assert rate * after[0] + (1 - rate) * after[1] <= 1 + 1e-9


@given(counts, counts, bars)
def test_it_is_the_mixture_of_likelihood_ratios_of_rates_above_the_bar(
    wins: int, losses: int, bar: float
) -> None:
    """Stake u stands for the rate bar + (1 - bar) u."""
    rates = bar + (1 - bar) * STAKES
    with np.errstate(divide="ignore"):
        logs = wins * np.log(rates / bar)
        if losses:
            logs = logs + losses * np.log((1 - rates) / (1 - bar))
    expected = np.logaddexp.reduce(logs + np.log(WEIGHTS))
    assert float(log_capital(wins, losses, bar)) == pytest.approx(float(expected), abs=1e-6)


@given(counts, counts, bars, alphas)
def test_the_bound_and_the_test_agree(wins: int, losses: int, bar: float, alpha: float) -> None:
    """A rate is shown to be above a bar exactly where the bound is above the bar."""
    bound = lower_bound(wins, wins + losses, alpha)
    if abs(bound - bar) > 1e-6:
        assert exceeds(wins, losses, bar, alpha) == (bound > bar)
    assert bound <= wins / max(1, wins + losses)


@given(counts, counts, bars, alphas)
def test_what_is_needed_is_enough_and_one_less_is_not(
    wins: int, losses: int, bar: float, alpha: float
) -> None:
    """Further successes in a row show the rate to be above the bar, and no fewer do."""
    more = successes_needed(wins, losses, bar, alpha)
    assert exceeds(wins + more, losses, bar, alpha)
    assert more == 0 or not exceeds(wins + more - 1, losses, bar, alpha)


@pytest.mark.parametrize("bar", [0.5, 0.6, 0.8])
def test_a_perfect_record_needs_little_more_than_the_least(bar: float) -> None:
    """No test at this error could do with fewer than log(1/alpha) / log(1/bar)."""
    alpha = error_of_stay(0.025, 1)
    least = math.ceil(math.log(1 / alpha) / -math.log(bar))
    assert least <= successes_needed(0, 0, bar, alpha) <= 1.25 * least


def test_the_errors_of_all_stays_sum_to_alpha() -> None:
    """1/2 + 1/6 + 1/12 + ... is 1."""
    spent = sum(error_of_stay(0.025, stay) for stay in range(1, 100_000))
    assert 0.02499 < spent < 0.025
    with pytest.raises(BadValue, match="stay"):
        error_of_stay(0.025, 0)


@pytest.mark.parametrize("bar", [0.0, 1.0, float("nan")])
def test_a_bar_that_makes_no_sense_is_refused(bar: float) -> None:
    """BadValue names the bar."""
    with pytest.raises(BadValue, match="bar"):
        exceeds(3, 1, bar, 0.05)


def test_impossible_counts_and_errors_are_refused() -> None:
    """BadValue names the argument."""
    with pytest.raises(BadValue, match="successes"):
        lower_bound(6, 5, 0.05)
    with pytest.raises(BadValue, match="alpha"):
        lower_bound(5, 5, 1.0)
