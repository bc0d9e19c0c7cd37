"""These tests check success rates and their Wilson intervals."""

import pytest
import scipy

from sidestick.datasets.tables.wilson import wilson
from sidestick.policies.statistics.rates import Rate
from sidestick.sim_envs.errors import BadValue


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (57, 60, 0.8630, 0.9829),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilson_gives_the_published_numbers(successes, n, low, high):
    """Values from Newcombe 1998 and epitools, to four digits."""
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 7, 50, 1000])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_wilson_is_what_scipy_computes(n, confidence):
    """Written out, because importing scipy.stats takes 0.7 CPU-seconds."""
    for successes in {0, 1, n // 3, n // 2, n - 1, n}:
        interval = scipy.stats.binomtest(successes, n).proportion_ci(confidence, method="wilson")
        expected = interval.low, interval.high
        assert wilson(successes, n, confidence) == pytest.approx(expected, abs=1e-12)


def test_no_trials_say_nothing():
    """Before the first trial the interval is (0, 1)."""
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes, n):
    """BadValue names the field for counts outside 0..n."""
    with pytest.raises(BadValue, match="successes"):
        wilson(successes, n)


def test_a_rate_prints_its_interval():
    """The text holds counts and interval."""
    assert str(Rate(57, 60)) == "57/60 95 % [86-98]"
