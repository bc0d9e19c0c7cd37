"""These tests let a policy fail in every way at a tick: the arm rests, and the session goes on."""

import logging
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sidestick.datasets.step import Driver
from sidestick.policies.base.plan import Plan
from sidestick.sim_envs.errors import BadValue, PolicyError
from sidestick.teleop.session.policy_runner import PolicyRunner

ZEROS = np.zeros((16, 7), np.float32)


class OddPolicy:
    """Answers with what it is given, or raises it."""

    chunk, execute = 16, 8

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked, self.resets = list(answers), 0, 0

    def reset(self) -> None:
        """Count."""
        self.resets += 1

    def plan(self, observation: object) -> Plan:
        """The next answer; the last for ever."""
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, BaseException):
            raise answer
        return answer


def plan(actions: Any, novelty: float = 0.5) -> Plan:
    return Plan(actions, np.zeros_like(ZEROS), novelty)


ODD: list[Callable[[], Any]] = [
    lambda: plan(np.full((16, 7), 1.01, np.float32)),
    lambda: plan(np.full((16, 7), np.nan, np.float32)),
    lambda: plan(np.full((16, 7), np.inf, np.float32)),
    lambda: plan(ZEROS[:, :6]),
    lambda: plan(ZEROS[0]),
    lambda: plan(ZEROS[:0]),
    lambda: plan(ZEROS[None]),
    lambda: plan(np.array([["x"] * 7])),
    lambda: plan(None),
    lambda: plan(ZEROS, float("inf")),
    lambda: plan(ZEROS, "new"),  # type: ignore[arg-type]
    lambda: None,
    lambda: 5,
    lambda: SimpleNamespace(actions=None),
    lambda: RuntimeError("sizes differ"),
    lambda: ValueError("odd"),
    lambda: IndexError("out of range"),
    lambda: KeyError("goal"),
    lambda: TypeError("no"),
    lambda: MemoryError(),
    lambda: OSError("gone"),
    lambda: ZeroDivisionError(),
    lambda: AssertionError(),
    lambda: BadValue("plan", "finite actions", "NaN"),
    lambda: PolicyError("odd"),
    lambda: RecursionError(),
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("driver", [Driver.POLICY, Driver.HUMAN])
def test_whatever_a_policy_answers_the_arm_rests(
    odd: Callable[[], Any], driver: Driver, caplog: pytest.LogCaptureFixture
) -> None:
    """No action, no error; it is said once, and the policy is asked again at the next tick."""
    policy = OddPolicy(odd(), odd(), plan(ZEROS))
    runner = PolicyRunner(policy)
    runner.begin()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            proposal = runner.propose({}, driver)
            assert (proposal.action, proposal.plan) == (None, None)
            assert np.isnan(proposal.novelty)
    assert runner.needs_images(Driver.POLICY)
    assert len(caplog.records) == 1
    assert "the arm rests" in caplog.text
    assert runner.propose({}, driver).action is not None


def test_a_plan_that_is_too_short_is_followed_by_another() -> None:
    """A policy that says it executes more actions than it plans is asked sooner."""
    policy = OddPolicy(plan(ZEROS[:3]))
    runner = PolicyRunner(policy)
    runner.begin()
    for _ in range(6):
        assert runner.propose({}, Driver.POLICY).action is not None
    assert policy.asked == 2


def test_a_policy_that_cannot_forget_does_not_end_the_session(
    caplog: pytest.LogCaptureFixture,
) -> None:
    policy = OddPolicy(plan(ZEROS))
    policy.reset = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    runner = PolicyRunner(policy)
    runner.begin()
    assert runner.propose({}, Driver.HUMAN).action is not None
    assert "ZeroDivisionError" in caplog.text


def test_the_operators_own_end_goes_through() -> None:
    """Ctrl-C while a policy plans ends the session."""
    runner = PolicyRunner(OddPolicy(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        runner.propose({}, Driver.POLICY)


def test_many_different_errors_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    runner = PolicyRunner(OddPolicy(*(ValueError(str(n)) for n in range(500))))
    for _ in range(500):
        runner.propose({}, Driver.POLICY)
    assert len(caplog.records) <= 20


class SlowPolicy(OddPolicy):
    """Thinks until it is let go on."""

    def __init__(self) -> None:
        super().__init__(plan(ZEROS))
        self.may_answer, self.thinking = threading.Event(), 0

    def plan(self, observation: object) -> Plan:
        """Wait, then answer with the observation's number in the first action."""
        self.thinking += 1
        assert self.may_answer.wait(20)
        self.thinking -= 1
        actions = ZEROS.copy()
        actions[0, 0] = observation["number"] / 10  # type: ignore[index]
        return plan(actions)

    def reset(self) -> None:
        """Never while it thinks: it is one object, and not made for two threads."""
        assert not self.thinking
        super().reset()


def test_a_late_plan_is_dropped_and_the_policy_asked_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No tick waits longer than it may, not even where an episode begins meanwhile."""
    policy = SlowPolicy()
    runner = PolicyRunner(policy)
    runner.begin()
    for number in range(3):
        proposal = runner.propose({"number": number}, Driver.NOBODY, within_s=0.01)  # type: ignore[dict-item]
        assert proposal.action is None
        assert "more than 10 ms" in proposal.why
    runner.begin()
    assert runner.propose({"number": 3}, Driver.HUMAN, within_s=0.01).action is None  # type: ignore[dict-item]
    late = runner._late
    assert late is not None
    policy.may_answer.set()
    late.result(20)
    resets = policy.resets
    proposal = runner.propose({"number": 4}, Driver.POLICY, within_s=20)  # type: ignore[dict-item]
    assert proposal.action is not None
    assert proposal.action[0] == np.float32(0.4)  # that of now, not of tick 0
    assert not proposal.why
    assert policy.resets == resets + 1
    assert len(caplog.records) == 1


def test_the_operators_own_end_goes_through_from_the_policys_thread() -> None:
    """What is no Exception ends the session there too."""
    runner = PolicyRunner(OddPolicy(SystemExit()))
    with pytest.raises(SystemExit):
        runner.propose({}, Driver.POLICY, within_s=20)
