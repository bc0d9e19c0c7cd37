"""The simulated gate: the same rulings as the real one, and error rates within what it promises."""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.evidence_compare import EQUAL, PAIRS
from benchmarks.evidence_gate import CORRELATIONS, NUDGES, RULES, START, drift, drift_earlier
from benchmarks.simulated_gate import (
    BETTER,
    VERDICTS,
    WORSE,
    outcomes,
    rulings,
    sequential_verdicts,
)
from sidestick.policies.statistics.paired import ALPHA, PairedVerdict, SequentialTest
from sidestick.teleop.learning.acceptance_gate import GateTest

HISTORIES = 10_000
correlations = pytest.mark.parametrize("correlation", CORRELATIONS.values(), ids=CORRELATIONS)


def allowed(rate: float, histories: int = HISTORIES) -> int:
    """With a true rate of `rate` a count stays at or below this in 999 of 1000 test runs."""
    return int(binom.ppf(0.999, histories, rate))


@pytest.mark.parametrize("rates", [(0.9, 0.85), (0.8, 0.8, 0.7), (0.9, 0.95, 0.9), (0.95, 0.8)])
def test_the_simulated_gate_rules_as_the_gate_does(rates: tuple[float, ...]) -> None:
    """Verdict and number of pairs, history by history."""
    driven = outcomes(rates, 40, RULES.pairs, 0.3, np.random.default_rng(1))
    found = rulings(driven[0], driven[1:], RULES)
    names = [str(number) for number in range(1, len(rates))]
    for history in range(40):
        test = GateTest(RULES, names)
        for seed in range(RULES.pairs):
            if not (wanted := test.opponents_left()):
                break
            others = {name: bool(driven[int(name)][history, seed]) for name in wanted}
            test.add(bool(driven[0][history, seed]), others)
        assert test.verdict is VERDICTS[int(found.verdicts[history])]
        assert test.pairs == found.pairs[history]


@correlations
@pytest.mark.parametrize("truth", [0.95, 0.7, 0.5])
def test_the_gate_errs_no_more_often_than_it_promises(truth: float, correlation: float) -> None:
    """Whoever is worse by the margin passes, and whoever is as good is refused as worse or called
    better, in at most one of twenty rulings."""
    random = np.random.default_rng(2)
    rates = (truth - RULES.margin, truth)
    worse = outcomes(rates, HISTORIES, RULES.pairs, correlation, random)
    assert rulings(worse[0], worse[1:], RULES).passed.sum() <= allowed(RULES.alpha)
    same = outcomes((truth, truth), HISTORIES, RULES.pairs, correlation, random)
    found = rulings(same[0], same[1:], RULES)
    assert found.count(WORSE) <= allowed(RULES.refusal_alpha)
    assert found.count(BETTER) <= allowed(RULES.alpha)


@correlations
def test_a_good_candidate_passes_and_a_clear_improvement_needs_few_seeds(
    correlation: float,
) -> None:
    """As good as 0.95: at least four in five; 0.9 against 0.7: nearly all, within 60 seeds."""
    random = np.random.default_rng(3)
    same = outcomes((0.95, 0.95), HISTORIES, RULES.pairs, correlation, random)
    assert rulings(same[0], same[1:], RULES).passed.mean() >= 0.80
    improved = outcomes((0.9, 0.7), HISTORIES, RULES.pairs, correlation, random)
    found = rulings(improved[0], improved[1:], RULES)
    assert found.passed.mean() >= 0.99
    assert np.median(found.pairs) <= 60


@correlations
def test_many_small_losses_do_not_add_up(correlation: float) -> None:
    """After 50 updates that cost 0.02 each hardly any history has lost two margins; the earlier
    gate let nearly all of them lose more."""
    histories = 300
    present = drift(histories, correlation, np.random.default_rng(4))
    earlier = drift_earlier(histories, correlation, np.random.default_rng(5))
    assert np.mean(present < START - 2 * RULES.margin) <= 0.02
    assert np.mean(earlier < START - 2 * RULES.margin) >= 0.9
    assert earlier.min() >= START - 0.02 * NUDGES - 1e-9


@correlations
@pytest.mark.parametrize("rate", EQUAL)
def test_compare_calls_equal_policies_different_no_more_often_than_stated(
    rate: float, correlation: float
) -> None:
    """10,000 comparisons of up to 200 pairs, tested after every pair."""
    a, b = outcomes((rate, rate), HISTORIES, PAIRS, correlation, np.random.default_rng(6))
    assert sequential_verdicts(a, b)[0].any(1).sum() <= allowed(ALPHA)


def test_the_simulated_comparison_is_the_sequential_test() -> None:
    """Verdict by verdict."""
    a, b = outcomes((0.8, 0.6), 30, 60, 0.0, np.random.default_rng(7))
    decided, ahead = sequential_verdicts(a, b)
    for history in range(30):
        test = SequentialTest(ALPHA)
        for pair in range(60):
            test.add(a[history, pair], b[history, pair])
            so_far = decided[history, : pair + 1]
            assert so_far.any() == (test.verdict is not PairedVerdict.OPEN)
            if so_far.any():
                won = ahead[history, so_far.argmax()]
                assert won == (test.verdict is PairedVerdict.A_BETTER)
