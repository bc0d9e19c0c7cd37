"""These tests calibrate help requests on made-up traces, and count which ones were needed."""

from dataclasses import replace

import numpy as np
import pytest

from sidestick.policies.base.novelty_scale import novelty_beyond
from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.autonomy.help_calibration import (
    LEAST_NOVELTY,
    MARGIN,
    NEEDLESS,
    START_MARGIN,
    UncertaintyTrace,
    calibrated_rules,
)
from sidestick.teleop.evaluation.help_request_quality import help_request_quality
from sidestick.teleop.session.help_requests import (
    LEAST_SUCCESSES,
    HelpMonitor,
    HelpReason,
    HelpRules,
)
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
    assert rules.calibrated
    assert rules.overdue_s == pytest.approx(6.0 * MARGIN)
    assert rules.stalled_s == pytest.approx(51 / 20 * MARGIN, abs=0.06)
    assert rules.novelty == 0.995
    assert first_request(made_up_trace(120, rest=50, novelty=0.995), rules) is None
    assert first_request(made_up_trace(300), rules) == (138 - 1, HelpReason.OVERDUE)
    assert first_request(made_up_trace(120, novelty=0.999), rules) == (4, HelpReason.NEW)
    stalled = first_request(made_up_trace(120, rest=80), rules)
    assert stalled is not None
    assert stalled[1] is HelpReason.STALLED


def test_a_novelty_beyond_training_that_successes_reach_leaves_a_higher_one_as_a_reason() -> None:
    """As a quantile both were 1: once a success had reached it, novelty was never a reason."""
    reached, beyond = novelty_beyond(2.0), novelty_beyond(2.2)
    rules = calibrated_rules([made_up_trace(120, novelty=reached)] * LEAST_SUCCESSES, RULES)
    assert first_request(made_up_trace(120, novelty=reached), RULES) == (4, HelpReason.NEW)
    assert first_request(made_up_trace(120, novelty=reached), rules) is None
    assert first_request(made_up_trace(120, novelty=beyond), rules) == (4, HelpReason.NEW)


def test_saturated_novelty_of_an_earlier_version_calibrates_nothing() -> None:
    """It says 1 for all scenes beyond training; the times of these episodes count."""
    rules = calibrated_rules([made_up_trace(120, novelty=1.0)] * LEAST_SUCCESSES, RULES)
    assert rules.novelty == RULES.novelty
    assert rules.overdue_s == pytest.approx(6.0 * MARGIN)
    assert not rules.calibrated


def test_a_little_novelty_is_never_a_reason() -> None:
    """However familiar the scenes of the successes were."""
    familiar = [made_up_trace(120, novelty=0.1)] * LEAST_SUCCESSES
    assert calibrated_rules(familiar, RULES).novelty == LEAST_NOVELTY


def test_failures_teach_nothing() -> None:
    """The rules stay as they are."""
    assert calibrated_rules([made_up_trace(300, success=False)] * 40, RULES) == RULES


def test_few_successes_widen_the_rules_and_do_not_narrow_them() -> None:
    """One long success is let pass from then on; one short success does not make others late."""
    few = [made_up_trace(100), made_up_trace(400, novelty=novelty_beyond(3.0))]
    rules = calibrated_rules(few, RULES)
    assert not rules.calibrated
    assert "2 of 19" in rules.label
    assert first_request(few[1], RULES) is not None
    assert first_request(few[1], rules) is None
    assert calibrated_rules(few[:1], RULES) == replace(RULES, successes=1)


def test_before_any_success_demonstrations_say_how_long_the_task_takes() -> None:
    """A task that takes its operator 20 s is not overdue after 11 s, nor stalled in a pause."""
    shown = [made_up_trace(400, novelty=float("nan"), rest=60), made_up_trace(300)]
    rules = calibrated_rules([], RULES, shown)
    assert rules.overdue_s == pytest.approx(20.0 * START_MARGIN)
    assert rules.stalled_s == pytest.approx(61 / 20 * START_MARGIN, abs=0.06)
    assert not rules.calibrated
    assert first_request(shown[0], rules) is None
    assert first_request(shown[0], RULES) is not None


def test_a_calibrated_monitor_seldom_asks_in_a_new_success() -> None:
    """With lengths, stalls and novelty at random, at most 3 x 5 % do; uncalibrated says so."""
    rng = np.random.default_rng(0)

    def drawn() -> UncertaintyTrace:
        ticks, rest = int(rng.normal(140, 25)), int(rng.integers(0, 40))
        return made_up_trace(max(ticks, 60), novelty=novelty_beyond(rng.uniform(1, 2)), rest=rest)

    asked = []
    for _ in range(15):
        rules = calibrated_rules([drawn() for _ in range(LEAST_SUCCESSES)], RULES)
        asked += [first_request(drawn(), rules) is not None for _ in range(10)]
    assert np.mean(asked) <= 3 * NEEDLESS
    assert "uncalibrated" in RULES.words(HelpReason.NEW)
    assert rules.words(HelpReason.NEW) == HelpReason.NEW.value


def test_help_request_quality_counts_needed_requests_and_met_needs() -> None:
    """Two of three requests were needed, two of four needs were met."""
    asked = {1: True, 2: True, 3: True, 4: False, 5: False, 6: False}
    would_fail = {1: True, 2: True, 3: False, 4: True, 5: True, 6: False}
    found = help_request_quality(asked, would_fail)
    assert (found.needed.successes, found.needed.n) == (2, 3)
    assert (found.met.successes, found.met.n) == (2, 4)
    with pytest.raises(BadValue, match="seeds"):
        help_request_quality({1: True}, {2: True})
