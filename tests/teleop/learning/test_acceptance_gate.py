"""The rules of the gate: who passes, who is refused, with which reasons, and when it stops."""

import math
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.policies.gate_record import GateVerdict
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.learning.acceptance_gate import (
    AcceptanceCriteria,
    GateTest,
    HeldOutLosses,
    decide,
)

RULES = AcceptanceCriteria()
ALONE, BOTH = ("0001",), ("0002", "0001")
"""Opponents where the present policy is the reference, and where it is not."""
errors = st.floats(0.0, 2.0)
pairs = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=150)
losses = st.lists(
    st.builds(HeldOutLosses, st.just("corrections"), errors, errors, st.integers(0, 500)),
    max_size=2,
)


def driven(
    results: Iterable[tuple[bool, ...]],
    opponents: Sequence[str] = ALONE,
    rules: AcceptanceCriteria = RULES,
) -> GateTest:
    """The comparisons after these results of the candidate and its opponents, as a ruling stops."""
    test = GateTest(rules, opponents)
    for candidate, *others in results:
        wanted = test.opponents_left()
        if not wanted:
            break
        by_name = dict(zip(opponents, others, strict=True))
        test.add(candidate, {name: by_name[name] for name in wanted})
    return test


def loss(candidate: float, present: float, windows: int = 300) -> HeldOutLosses:
    return HeldOutLosses("corrections", candidate, present, windows)


@pytest.mark.parametrize(
    ("results", "verdict", "after"),
    [
        ([(True, True)] * 150, GateVerdict.NOT_WORSE, 44),
        ([(False, False)] * 150, GateVerdict.NOT_WORSE, 44),
        ([(True, False)] * 150, GateVerdict.BETTER, 7),
        ([(False, True)] * 150, GateVerdict.WORSE, 7),
        ([(True, True)] * 43, GateVerdict.UNDECIDED, 43),
        ([(True, False), (False, True)] * 75, GateVerdict.UNDECIDED, 128),
    ],
)
def test_a_verdict_needs_evidence_and_ends_the_driving(
    results: list[tuple[bool, bool]], verdict: GateVerdict, after: int
) -> None:
    """Nothing passes for want of evidence: undecided does not drive."""
    test = driven(results)
    assert (test.verdict, test.pairs) == (verdict, after)
    found, reasons = decide((), test, RULES)
    assert found is verdict
    assert found.drives == (verdict in (GateVerdict.NOT_WORSE, GateVerdict.BETTER))
    if verdict is GateVerdict.UNDECIDED:
        assert reasons[0].startswith(f"undecided after {after} pairs: ")


@pytest.mark.parametrize(
    ("found", "verdict", "word"),
    [
        ([], GateVerdict.NOT_WORSE, "not worse by 0.10 or more"),
        ([loss(0.074, 0.050)], GateVerdict.NOT_WORSE, "300 held-out steps of corrections 0.074"),
        ([loss(0.086, 0.050)], GateVerdict.WORSE, "corrections 0.086, now 0.050, limit 0.085"),
        ([loss(0.9, 0.05, 29)], GateVerdict.NOT_WORSE, "not worse"),
        ([loss(math.nan, 0.05)], GateVerdict.WORSE, "nan"),
    ],
)
def test_losses_are_a_necessary_condition(
    found: list[HeldOutLosses], verdict: GateVerdict, word: str
) -> None:
    """Half more loss than the present policy's is refused whatever the seeds say."""
    decided, reasons = decide(found, driven([(True, True)] * 150), RULES)
    assert decided is verdict
    assert word in reasons[0] or decided.drives
    assert word in "; ".join(reasons)


def test_good_losses_alone_let_nothing_pass() -> None:
    """Without a pair there is no evidence on success."""
    assert decide([loss(0.01, 0.05)], None, RULES)[0] is GateVerdict.UNDECIDED
    assert decide((), None, RULES) == (
        GateVerdict.UNDECIDED,
        ("there is nothing to compare it on",),
    )


@given(losses, pairs)
@settings(max_examples=40)
def test_a_candidate_that_always_succeeds_is_never_worse(
    found: list[HeldOutLosses], results: list[tuple[bool, bool]]
) -> None:
    """With losses no higher than the present policy's nothing can speak against it."""
    better = [loss(min(x.candidate, x.present), x.present, x.windows) for x in found]
    test = driven((True, present) for _, present in results)
    assert decide(better, test, RULES)[0] is not GateVerdict.WORSE


@given(losses, pairs)
@settings(max_examples=40)
def test_more_loss_never_helps(
    found: list[HeldOutLosses], results: list[tuple[bool, bool]]
) -> None:
    """What does not drive does not drive with higher losses either."""
    test = driven(results)
    if decide(found, test, RULES)[0].drives:
        return
    more = [loss(x.candidate * 1.5, x.present, x.windows) for x in found]
    assert not decide(more, test, RULES)[0].drives


@given(st.lists(st.tuples(*[st.booleans()] * 3), min_size=150, max_size=150))
@settings(max_examples=40)
def test_who_is_not_worse_than_both_drives_and_who_is_worse_than_either_does_not(
    results: list[tuple[bool, bool, bool]],
) -> None:
    """And "better" is better than the reference."""
    test = driven(results, BOTH)
    shown = {name: each.is_shown for name, each in test.tests.items()}
    assert test.verdict.drives == all(shown.values())
    if test.verdict is GateVerdict.BETTER:
        assert test.tests["0001"].log_wealth(0.0) > 0


def test_an_opponent_that_is_settled_drives_no_more() -> None:
    """The present policy is beaten after six seeds; the reference goes on until it is decided."""
    test = driven([(True, False, True)] * 150, BOTH)
    assert test.tests["0002"].counts.pairs == 6
    assert (test.verdict, test.pairs) == (GateVerdict.NOT_WORSE, 44)


def test_it_stops_once_the_budget_cannot_decide_any_more() -> None:
    """Even winning all seeds left would not show it."""
    rules = AcceptanceCriteria(pairs=10)
    test = driven([(True, True)] * 5 + [(False, True)] * 5, rules=rules)
    assert (test.verdict, test.pairs) == (GateVerdict.UNDECIDED, 6)


@pytest.mark.parametrize(
    "wrong", [{"rise": -0.1}, {"pairs": 0}, {"pairs": 5}, {"alpha": 0.0}, {"margin": 1.0}]
)
def test_a_gate_that_could_show_nothing_is_refused(wrong: dict[str, float]) -> None:
    """Six wins in a row are the least that shows anything at margin 0.10."""
    with pytest.raises(BadValue):
        AcceptanceCriteria(**wrong)
    assert AcceptanceCriteria(pairs=6).pairs == 6


def test_the_criteria_say_what_their_budget_can_show() -> None:
    """A small one lets nothing pass but a clear improvement."""
    assert "only a clear improvement can pass" in AcceptanceCriteria(pairs=20).scope
    assert "44 without a loss show" in RULES.scope
