"""This test climbs the ladder with the simulated operator, as benchmarks/whole_ladder.py does."""

from pathlib import Path

import pytest

from benchmarks.whole_ladder import MUST_FALL_WITHIN, Climb, run
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_policy_climbs_to_autonomous_and_falls_when_it_is_spoilt(tmp_path: Path) -> None:
    """Every level is earned in order; the spoilt policy is demoted within 10 episodes."""
    limit_threads()
    config = WorkspaceConfig("ShelfPick", env_kwargs={"num_items": 1})
    climb = Climb(Workspace.create(tmp_path / "ws", config), practice=40, steps=2000)
    report = run(climb, demonstrations=25, most_rounds=3, noise=1.0)
    assert report["autonomous"], report
    assert list(report["episodes"]) == [
        "demonstrate",
        "shadow",
        "assist",
        "supervised",
        "on-call",
        "autonomous",
    ]
    assert report["demoted_after"] is not None
    assert report["demoted_after"] <= MUST_FALL_WITHIN
