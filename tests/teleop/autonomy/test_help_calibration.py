"""These tests calibrate help requests on made-up traces, and count which ones were needed."""

import numpy as np
import pytest

from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.autonomy.help_calibration import (
    LEAST_SUCCESSES,
    MARGIN,
    UncertaintyTrace,
    calibrated_rules,
)
from sidestick.teleop.evaluation.help_request_quality import help_request_quality
from sidestick.teleop.session.help_requests import HelpMonitor, HelpReason, HelpRules
from sidestick.teleop.session.levels import ControlState

RULES = HelpRules()


def made_up_trace(
    ticks: int, success: bool = True, novelty: float = 0.5, rest: int = 0, seed: int = 0
) -> UncertaintyTrace:
    """The trace of an end effector that moves steadily, but for `rest` ticks in one place."""
    steps = np.full((ticks, 3), 0.01)
    steps[10 : 10 + rest] = 0
    answered = np.ones(ticks, np.bool_)
    return UncertaintyTrace(
        np.full(ticks, novelty), answered, np.cumsum(steps, axis=0), seed, success
    )


def first_request(trace: UncertaintyTrace, rules: HelpRules) -> tuple[int, HelpReason] | None:
    """The tick of the first request that these rules would have made, and why."""
    monitor = HelpMonitor(rules)
    for tick, novelty in enumerate(trace.novelty.tolist()):
        reason = monitor.update(
            ControlState.POLICY, novelty, bool(trace.answered[tick]), trace.ee_m[tick]
        )
        if reason:
            return tick, reason
    return None


def test_each_signal_is_allowed_what_successes_show() -> None:
    """These are their length, their longest stall and the novelty that they sustained."""
    rules = calibrated_rules([made_up_trace(120, rest=50, novelty=0.995)] * LEAST_SUCCESSES, RULES)
    assert rules.overdue_s == pytest.approx(6.0 * MARGIN)
    assert rules.stalled_s == pytest.approx(51 / 20 * MARGIN, abs=0.06)
    assert rules.novelty == 0.995
    assert first_request(made_up_trace(120, rest=50, novelty=0.995), rules) is None
    assert first_request(made_up_trace(300), rules) == (138 - 1, HelpReason.OVERDUE)
    assert first_request(made_up_trace(120, novelty=0.999), rules) == (4, HelpReason.NEW)
    stalled = first_request(made_up_trace(120, rest=80), rules)
    assert stalled is not None
    assert stalled[1] is HelpReason.STALLED


def test_a_novelty_that_successes_reach_as_well_is_no_reason() -> None:
    """One that is calibrated on training data alone may always be high: it is switched off."""
    everything_is_new = [made_up_trace(120, novelty=1.0)] * LEAST_SUCCESSES
    rules = calibrated_rules(everything_is_new, RULES)
    assert first_request(made_up_trace(120, novelty=1.0), RULES) == (4, HelpReason.NEW)
    assert first_request(made_up_trace(120, novelty=1.0), rules) is None


def test_the_rules_never_become_stricter_about_novelty() -> None:
    """Successes in familiar scenes do not make a little novelty a reason."""
    assert (
        calibrated_rules([made_up_trace(120, novelty=0.1)] * LEAST_SUCCESSES, RULES).novelty
        == RULES.novelty
    )


def test_failures_and_too_few_successes_teach_nothing() -> None:
    """The rules stay as they are."""
    few = [made_up_trace(100)] * (LEAST_SUCCESSES - 1) + [made_up_trace(300, success=False)] * 20
    assert calibrated_rules(few, RULES) == RULES


def test_help_request_quality_counts_needed_requests_and_met_needs() -> None:
    """Two of three requests were needed, two of four needs were met."""
    asked = {1: True, 2: True, 3: True, 4: False, 5: False, 6: False}
    would_fail = {1: True, 2: True, 3: False, 4: True, 5: True, 6: False}
    found = help_request_quality(asked, would_fail)
    assert (found.needed.successes, found.needed.n) == (2, 3)
    assert (found.met.successes, found.met.n) == (2, 4)
    with pytest.raises(BadValue, match="seeds"):
        help_request_quality({1: True}, {2: True})
