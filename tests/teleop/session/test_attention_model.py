"""Attention is modelled from what the ledger counts, and said to be modelled."""

import pytest

from sidestick.datasets.database import EffortEntry
from sidestick.datasets.effort_counts import EffortCounts
from sidestick.teleop.report.cost import EffortCost
from sidestick.teleop.report.ledger import make_ledger
from sidestick.teleop.session.attention_model import ATTENTION, AttentionModel

COUNTS = EffortCounts(driven=200, watched=400, begun=3, verdicts=2, answered=1, episodes=3)


def test_what_is_done_beside_driving_has_its_duration() -> None:
    """Each event once, at its own duration; watching by its share."""
    model = AttentionModel(begin_s=1, verdict_s=10, reset_s=100, request_s=1000, watching=0.5)
    assert model.attended_s(10.0, 20.0, begun=3, verdicts=2, answered=1) == 1343.0
    assert model.attended_s(10.0, 20.0, begun=0, verdicts=0, answered=0) == 20.0


def test_a_cost_has_driven_and_attended_seconds() -> None:
    """The ledger's JSON names the model beside the column."""
    cost = EffortCost.of([COUNTS.entry("supervised", 1, "0001")], "all")
    attended = ATTENTION.attended_s(10.0, 20.0, 3, 2, 1)
    assert cost.attended_s == cost.to_json()["attended_s"] == pytest.approx(attended)
    assert cost.attended_s > cost.driven_s + cost.watched_s
    ledger = make_ledger([COUNTS.entry("supervised", 1, "0001")], []).to_json()
    assert ledger["attention_model"] == ATTENTION.to_json()


@pytest.mark.parametrize(
    ("kind", "requests", "begun", "answered"),
    [("demonstrations", 0, 5, 0), ("supervised", 0, 5, 0), ("on-call", 2, 0, 2),
     ("practice", 0, 0, 0)],
)  # fmt: skip
def test_entries_of_earlier_versions_are_modelled_by_their_kind(
    kind: str, requests: int, begun: int, answered: int
) -> None:
    """They did not count what was begun, judged and answered."""
    old = EffortEntry(0, kind, 10.0, 0.0, 0, 5, {"requests": requests})
    cost = EffortCost.of([old], "all")
    assert (cost.begun, cost.verdicts, cost.answered) == (begun, begun, answered)
