"""These tests compare ledger entries that are counted along with those made from files."""

from dataclasses import replace

import pytest

from sidestick.datasets.step import ActionMode, Level
from sidestick.teleop.session.human_effort import effort_entry, kind_of_level, recorded_effort
from tests.synthetic import made_up_episode

HUMAN, POLICY = ActionMode.INTERVENTION, ActionMode.ROLLOUT


def test_recorded_episodes_make_the_entry_of_their_steps() -> None:
    """Seconds follow from the control rate; every policy step is watched; failures count too."""
    first = made_up_episode([POLICY] * 30 + [HUMAN] * 10).summary
    second = replace(first, outcome=replace(first.outcome, success=False))
    found = recorded_effort([first, second], Level.SUPERVISED, 2, "0001", 10)
    wanted = effort_entry(
        "supervised", 2, "0001", episodes=2, successes=1, policy=60, driven=20, watched=60,
        takeovers=2 * first.takeovers, hz=10,
    )  # fmt: skip
    assert replace(found, created=0) == replace(wanted, created=0)
    assert (found.driven_s, found.watched_s) == (2.0, 6.0)
    assert found.payload["steps_human"] == 20


@pytest.mark.parametrize(
    ("level", "kind"),
    [(Level.DEMONSTRATE, "demonstrations"), (Level.SUPERVISED, "supervised"),
     (Level.ON_CALL, "on-call")],
)  # fmt: skip
def test_what_the_ledger_calls_a_level_stays(level: Level, kind: str) -> None:
    """Workspaces hold these names."""
    assert kind_of_level(level) == kind
