"""These tests check conformal limits: how often a new value exceeds them, and how few they need."""

import math

import numpy as np
import pytest

from sidestick.policies.statistics.conformal import conformal_limit, least_values


@pytest.mark.parametrize("n", [19, 20, 39, 100])
def test_a_new_value_exceeds_the_limit_no_more_often_than_stated(n: int) -> None:
    """Over 20,000 draws of n values and a new one, of a skewed distribution."""
    rng = np.random.default_rng(n)
    draws = rng.lognormal(size=(20_000, n + 1))
    over = np.mean([row[-1] > conformal_limit(row[:-1].tolist(), 0.05) for row in draws])
    assert over <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 20_000)
    assert over >= 1 / (n + 1) - 3 * math.sqrt(0.05 * 0.95 / 20_000)


def test_the_plain_quantile_exceeds_it_more_often() -> None:
    """The correction is needed: of 19 values the 95 % quantile is exceeded in 9 of 100 cases."""
    draws = np.random.default_rng(0).lognormal(size=(20_000, 20))
    assert np.mean(draws[:, -1] > np.quantile(draws[:, :-1], 0.95, axis=1)) > 0.07


@pytest.mark.parametrize(("error", "least"), [(0.05, 19), (0.1, 9), (0.02, 49)])
def test_too_few_values_have_no_limit(error: float, least: int) -> None:
    """One value fewer, and the limit is infinite."""
    assert least_values(error) == least
    assert conformal_limit([1.0] * (least - 1), error) == math.inf
    assert conformal_limit([1.0] * least, error) == 1.0
