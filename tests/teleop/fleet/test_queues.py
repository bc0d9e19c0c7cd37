"""These tests ask each queue policy which caller comes first."""

from dataclasses import replace

import pytest

from sidestick.sim_envs.errors import UnknownName
from sidestick.teleop.fleet.arm_view import ArmView
from sidestick.teleop.fleet.queues import QUEUES, queue_named
from sidestick.teleop.session.help_requests import HelpReason

QUIET = ArmView(0)
ARMS = [
    ArmView(0, HelpReason.NEW, waited_s=2.0, novelty=0.999, risk=0.6, fails_alone=False),
    ArmView(1),
    ArmView(2, HelpReason.OVERDUE, 9.0, novelty=0.2, risk=0.7, fails_alone=False),
    ArmView(3, HelpReason.STALLED, 1.0, 30.0, novelty=0.5, risk=0.9, fails_alone=True),
    ArmView(4, HelpReason.STALLED, 4.0, 1.0, novelty=0.7, risk=0.8, fails_alone=True),
]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("first-come", 2),
        ("longest-wait", 3),
        ("risk", 3),
        ("value-per-second", 3),
        ("uncertainty", 0),
        ("constraint-order", 4),
        ("round-robin", 0),
        ("oracle", 4),
        ("giving-up", 2),
    ],
)
def test_each_policy_has_an_order_of_its_own(name: str, first: int) -> None:
    """One waits longest, one in all, one is riskiest, one most novel, one cannot go on."""
    assert queue_named(name).choose(ARMS) == first


@pytest.mark.parametrize("name", QUEUES)
def test_nobody_is_sent_where_nobody_asks(name: str) -> None:
    """But round robin, which visits all; and one asking arm is found by whoever answers at all."""
    queue, quiet = queue_named(name), [ArmView(0), ArmView(1)]
    assert queue.visits_all or queue.choose(quiet) is None
    asking = [ArmView(0), ArmView(1, HelpReason.MUTE, 1.0, fails_alone=True)]
    assert queue.visits_all or queue.choose(asking) == (None if name == "nobody" else 1)


def test_value_per_second_learns_what_calls_cost() -> None:
    """Of two equal callers the one whose kind of call was quick before comes first."""
    queue = queue_named("value-per-second")
    quick = ArmView(0, HelpReason.NEW, 1.0, risk=0.8)
    slow = ArmView(1, HelpReason.OVERDUE, 1.0, risk=0.8)
    for _ in range(5):
        queue.served(slow, 30.0)
        queue.served(quick, 3.0)
    assert queue.choose([slow, quick]) == 0
    assert queue.choose([slow, replace(quick, risk=0.05)]) == 1


def test_giving_up_lets_a_call_go_on_that_waited_too_long() -> None:
    """Then the next one comes first."""
    queue, late = queue_named("giving-up"), replace(ARMS[2], waited_s=11.0)
    assert queue.dismisses(late)
    assert queue.choose([*ARMS[:2], late, *ARMS[3:]]) == 4


def test_only_the_limits_dismiss_fresh_calls() -> None:
    """The oracle lets needless callers go on, nobody lets all; a person's policies dismiss none."""
    dismissed = {name: [queue_named(name).dismisses(arm) for arm in ARMS] for name in QUEUES}
    assert dismissed.pop("oracle") == [True, False, True, False, False]
    assert dismissed.pop("nobody") == [True] * 5
    assert not any(any(answers) for answers in dismissed.values())


def test_an_unknown_policy_is_refused_with_those_that_exist() -> None:
    """The message names them."""
    with pytest.raises(UnknownName, match=r"first-come.*value-per-second"):
        queue_named("fifo")
