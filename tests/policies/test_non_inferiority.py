"""The betting test of "not worse by a margin": its error rates, its laws, and impossible input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from sidestick.policies.statistics.non_inferiority import (
    MarginVerdict,
    NonInferiorityTest,
    fewest_ties,
    fewest_wins,
    log_wealth,
)
from sidestick.sim_envs.errors import BadValue

MARGIN, ALPHA = 0.10, 0.05
results = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=80)


def after(pairs: list[tuple[bool, bool]]) -> NonInferiorityTest:
    test = NonInferiorityTest(MARGIN, ALPHA, ALPHA)
    for candidate, other in pairs:
        test.add(candidate, other)
    return test


@pytest.mark.parametrize("bound", [-0.1, 0.0, 0.3])
@pytest.mark.parametrize("discordant", [0.35, 0.7])
def test_the_wealth_is_a_supermartingale_under_every_hypothesis(
    bound: float, discordant: float
) -> None:
    """Its mean over all possible six pairs is exactly 1 where the mean score is the bound."""
    chances = {1: (discordant + bound) / 2, -1: (discordant - bound) / 2, 0: 1 - discordant}
    mean = 0.0
    for scores in itertools.product((1, -1, 0), repeat=6):
        counts = [scores.count(score) for score in (1, -1, 0)]
        mean += np.prod([chances[score] for score in scores]) * np.exp(log_wealth(*counts, bound))
    assert mean == pytest.approx(1.0)


@pytest.mark.parametrize("discordant", [0.10, 0.2, 0.5])
def test_looking_after_every_pair_errs_no_more_often_than_promised(discordant: float) -> None:
    """10,000 candidates that are worse by exactly the margin, over 300 pairs."""
    random = np.random.default_rng(16)
    draws = random.random((10_000, 300), np.float32)
    lost, won = draws < (discordant + MARGIN) / 2, draws >= 1 - (discordant - MARGIN) / 2
    losses, wins = lost.cumsum(1, dtype=np.int16), won.cumsum(1, dtype=np.int16)
    ever = np.zeros(len(draws), bool)
    for number in range(4, 300):
        look = ~ever
        counts = (wins[look, number], losses[look, number])
        ties = number + 1 - counts[0] - counts[1]
        ever[look] = log_wealth(*counts, ties, -MARGIN) >= -np.log(ALPHA)
    assert ever.sum() <= binom.ppf(0.999, len(ever), ALPHA)


@given(results)
@settings(max_examples=60)
def test_better_implies_not_worse_and_the_order_of_pairs_changes_no_evidence(
    pairs: list[tuple[bool, bool]],
) -> None:
    """The evidence for a lower bound is never less than that for a higher one."""
    test = after(pairs)
    assert test.log_wealth(-MARGIN) >= test.log_wealth(0.0) - 1e-12
    assert after(pairs[::-1]).log_wealth(0.0) == test.log_wealth(0.0)


@given(results, results)
@settings(max_examples=60)
def test_what_was_found_first_stays(
    pairs: list[tuple[bool, bool]], more: list[tuple[bool, bool]]
) -> None:
    """Only "not worse" may still become "better"."""
    first, later = after(pairs).verdict, after(pairs + more).verdict
    upgraded = (first, later) == (MarginVerdict.NOT_WORSE, MarginVerdict.BETTER)
    assert first in (MarginVerdict.OPEN, later) or upgraded


@given(results, st.integers(0, 20))
@settings(max_examples=60)
def test_giving_up_costs_nothing(pairs: list[tuple[bool, bool]], left: int) -> None:
    """Where winning all pairs left would not show it, no other results do."""
    test = after(pairs)
    if test.verdict is MarginVerdict.OPEN and not test.can_show(left):
        assert not after(pairs + [(True, False)] * left).is_shown


def test_the_fewest_pairs_that_decide_are_those_that_decide() -> None:
    """One fewer does not."""
    ties, wins = fewest_ties(MARGIN, ALPHA), fewest_wins(MARGIN, ALPHA)
    assert not after([(True, True)] * (ties - 1)).is_shown
    assert after([(True, True)] * ties).is_shown
    assert not after([(True, False)] * (wins - 1)).is_shown
    assert after([(True, False)] * wins).is_shown


@pytest.mark.parametrize("wrong", [(0.0, 0.05, 0.05), (1.0, 0.05, 0.05), (0.1, 0, 0.05)])
def test_impossible_rates_are_refused(wrong: tuple[float, float, float]) -> None:
    """BadValue for a margin or an error rate outside (0, 1), and for a bound that is no mean."""
    with pytest.raises(BadValue):
        NonInferiorityTest(*wrong)
    with pytest.raises(BadValue, match="between -1 and 1"):
        log_wealth(1, 1, 1, bound=-1.0)
