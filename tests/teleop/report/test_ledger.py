"""The ledger: what the human spent, and what came of it."""

import math

import pytest

from sidestick.datasets.database import Effort, Evaluation
from sidestick.teleop.report.effort_ledger import make_ledger


def effort(number: int, driven_s: float, watched_s: float = 0.0, **payload: object) -> Effort:
    return Effort(number, "supervised", driven_s, watched_s, 2, 10, {"successes": 9, **payload})


def evaluation(policy: str, successes: int, kind: str = "evaluation") -> Evaluation:
    return Evaluation(policy, "ShelfPick", 0, 100, successes, kind)


EFFORTS = [
    effort(0, 60.0),
    effort(1, 30.0, 60.0, takeover_s=[1.0, 3.0], switches=4, requests=1),
    effort(1, 30.0, 0.0, takeover_s=[2.0], switches=2),
    effort(2, 0.0),
]
EVALUATIONS = [
    evaluation("0001", 50),
    evaluation("0002", 99, "selection"),
    evaluation("0002", 70),
    evaluation("0003", 80),
]
LEDGER = make_ledger(EFFORTS, EVALUATIONS, {"0001": 0, "0002": 1, "0003": 2})


def test_sessions_rounds_and_all_of_them_add_up() -> None:
    """Seconds, takeovers with their mean length, switches and requests."""
    assert [cost.driven_s for cost in LEDGER.sessions] == [60, 30, 30, 0]
    first = LEDGER.rounds[1]
    assert (first.driven_s, first.watched_s, first.takeovers) == (60, 60, 4)
    assert (first.takeover_s, first.switches, first.requests) == (2.0, 6, 1)
    assert LEDGER.rounds[0].takeover_s is None
    assert (LEDGER.total.minutes, LEDGER.total.episodes) == (3.0, 40)


def test_the_return_is_success_gained_by_a_human_minute() -> None:
    """Driving and watching both count; checkpoints' selection says nothing; practice is free."""
    first, second, third = LEDGER.returns
    assert (first.minutes, first.per_minute) == (1.0, None)
    assert second.minutes == 3.0
    assert second.per_minute == pytest.approx(0.10)
    assert third.per_minute == math.inf


def test_an_empty_workspace_has_an_empty_ledger() -> None:
    """Nothing spent, nothing gained, and nothing divided by it."""
    empty = make_ledger([], [], {})
    assert (empty.sessions, empty.returns, empty.total.minutes) == ((), (), 0.0)
    assert empty.to_json()["total"]["takeover_s"] is None
