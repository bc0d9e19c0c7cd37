"""The gate: which candidates pass, which are refused, and with which reasons."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.learning.acceptance_gate import (
    AcceptanceCriteria,
    GateEvidence,
    HeldOutLosses,
    decide,
    is_decided,
)

RULES = AcceptanceCriteria()
errors = st.floats(0.0, 2.0)
pairs = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=20)
losses = st.none() | st.builds(HeldOutLosses, errors, errors, st.integers(0, 500))


def same(n: int, success: bool = True) -> list[tuple[bool, bool]]:
    return [(success, success)] * n


@pytest.mark.parametrize(
    ("evidence", "passed", "word"),
    [
        (GateEvidence(alone=True), True, "first policy"),
        (GateEvidence(), False, "nothing to compare"),
        (GateEvidence(pairs=same(20)), True, "20 of 20"),
        (GateEvidence(pairs=same(20, False)), True, "0 of 20"),
        (GateEvidence(HeldOutLosses(0.074, 0.050, 300), pairs=same(20)), True, "corrections"),
        (
            GateEvidence(HeldOutLosses(0.086, 0.050, 300), pairs=same(20)),
            False,
            "corrections 0.086",
        ),
        (
            GateEvidence(None, HeldOutLosses(0.086, 0.050, 300), same(20)),
            False,
            "demonstrations 0.086",
        ),
        (GateEvidence(HeldOutLosses(0.9, 0.05, 29), pairs=same(20)), True, "20 of 20"),
        (GateEvidence(HeldOutLosses(0.9, 0.05, 29)), False, "nothing to compare"),
        (GateEvidence(HeldOutLosses(math.nan, 0.05, 300), pairs=same(20)), False, "nan"),
        (GateEvidence(pairs=[(False, True)] * 5), False, "0 of 5"),
        (GateEvidence(pairs=[(False, True)] * 4 + same(16)), True, "16 of 20"),
        (GateEvidence(pairs=[(True, False)] * 5), True, "5 of 5"),
    ],
)
def test_the_decision_follows_the_stated_rule(
    evidence: GateEvidence, passed: bool, word: str
) -> None:
    """Half more loss than the active policy's, or a lost sequential test, is refused."""
    decision = decide(evidence, RULES)
    assert decision.passed == passed
    assert word in "; ".join(decision.reasons)
    assert decision.to_json()["passed"] is passed


@given(losses, losses, pairs)
def test_a_candidate_that_is_better_in_everything_is_never_refused(
    one: HeldOutLosses | None, two: HeldOutLosses | None, driven: list[tuple[bool, bool]]
) -> None:
    """Neither less loss nor more successes can speak against it."""
    better = [
        None if x is None else HeldOutLosses(min(x.candidate, x.present), x.present, x.windows)
        for x in (one, two)
    ]
    won = [(True, present) for _, present in driven]
    decision = decide(GateEvidence(better[0], better[1], won), RULES)
    compared = bool(won) or any(x and x.windows >= RULES.windows for x in better)
    assert decision.passed == compared


@given(losses, losses, pairs)
def test_more_loss_or_fewer_successes_never_help(
    one: HeldOutLosses | None, two: HeldOutLosses | None, driven: list[tuple[bool, bool]]
) -> None:
    """What is refused stays refused when the candidate does worse, seeds counted alike."""
    if decide(GateEvidence(one, two, driven), RULES).passed:
        return
    worse = [x and HeldOutLosses(x.candidate * 1.5, x.present, x.windows) for x in (one, two)]
    assert not decide(GateEvidence(worse[0], worse[1], driven), RULES).passed


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=20, max_size=20))
def test_pairs_that_are_not_driven_would_have_changed_nothing(
    driven: list[tuple[bool, bool]],
) -> None:
    """Stopping early gives the decision of all twenty seeds."""
    asked = next(n for n in range(21) if is_decided(driven[:n], RULES))
    assert decide(GateEvidence(pairs=driven[:asked]), RULES).passed == (
        decide(GateEvidence(pairs=driven), RULES).passed
    )


def test_a_good_candidate_is_seldom_refused_and_a_bad_one_mostly() -> None:
    """At most one in five that is as good; most that lose half of the successes."""
    random = np.random.default_rng(0)

    def refused(candidate: float, present: float) -> float:
        draws = random.random((400, 20, 2)) < (candidate, present)
        decisions = [
            decide(GateEvidence(pairs=[tuple(map(bool, p)) for p in d]), RULES) for d in draws
        ]
        return float(np.mean([not decision.passed for decision in decisions]))

    assert refused(0.8, 0.8) <= 0.2
    assert refused(0.4, 0.9) >= 0.8


@pytest.mark.parametrize("wrong", [{"rise": -0.1}, {"pairs": -1}, {"pairs": 4}, {"alpha": 0.0}])
def test_a_gate_that_could_refuse_no_candidate_is_refused(wrong: dict[str, float]) -> None:
    """Four seeds cannot decide anything at alpha 0.2; no seeds at all are allowed."""
    with pytest.raises(BadValue):
        AcceptanceCriteria(**wrong)
    assert AcceptanceCriteria(pairs=0).pairs == 0
