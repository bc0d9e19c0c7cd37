"""These tests run fleets of real worlds in simulated time, and read what they recorded."""

from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.episode import Episode
from sidestick.datasets.step import Driver, Level
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import BadValue, SidestickError
from sidestick.teleop.fleet.headless import ShiftRules, run_fleet
from sidestick.teleop.fleet.opening import FleetOptions
from sidestick.teleop.fleet.shift import read_shifts
from sidestick.teleop.session.help_requests import HelpMonitor, HelpReason, HelpRules
from sidestick.teleop.session.levels import ControlState
from tests.fleet_rig import fleet_options, fleet_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a folder that the ladder takes for a policy."""
    return fleet_workspace(tmp_path / "ws")


def test_arms_that_stall_are_served_in_turn_and_record(workspace: Workspace) -> None:
    """Two arms ask, wait frozen, are driven by one person, and their episodes are on the disk."""
    report = run_fleet(workspace, "0001", 0, fleet_options(2), ShiftRules(minutes=0.45))
    assert report.answered >= 2
    assert report.successes >= 1
    assert report.clean == 0
    assert report.idle > 0.05
    episodes = [Episode.read(s.path, images=False) for s in workspace.summaries() if s.path]
    assert {e.summary.header.level for e in episodes} == {Level.ON_CALL}
    assert len({e.summary.header.seed for e in episodes}) == len(episodes) >= 2
    for episode in episodes:
        asleep = np.flatnonzero(episode.driver == Driver.NOBODY)
        assert len(asleep) <= 1 + episode.takeover_id.max() + 1  # a frozen arm records nothing
    driven = sum(entry.driven_s for entry in Database(workspace.db_path).efforts())
    recorded = sum((e.driver == Driver.HUMAN).sum() for e in episodes) / 20
    assert driven == pytest.approx(recorded)
    assert report.driving_s == pytest.approx(driven, abs=1.0)
    (event,) = Database(workspace.db_path).events(EventKind.SHIFT)
    assert event.payload["successes_per_minute"] == report.successes_per_minute
    assert read_shifts(Database(workspace.db_path)) == [report]


def test_a_shift_is_the_same_again(workspace: Workspace, tmp_path: Path) -> None:
    """Same seeds, same operator: the same figures."""
    other = fleet_workspace(tmp_path / "other")
    reports = [
        run_fleet(each, "0001", 5, fleet_options(2), ShiftRules(minutes=0.15))
        for each in (workspace, other)
    ]
    assert reports[0] == reports[1]


def test_a_second_fleet_on_a_workspace_is_refused(workspace: Workspace) -> None:
    """As a second session is; and so is a fleet of none."""
    lock = workspace.lock()
    with pytest.raises(SidestickError):
        run_fleet(workspace, "0001", 0, fleet_options(1), ShiftRules(minutes=0.1))
    lock.release()
    with pytest.raises(BadValue, match="64"):
        FleetOptions(65)


def test_a_monitor_that_is_muted_asks_no_more_in_this_episode() -> None:
    """Where the operator lets the policy go on; the next episode begins anew."""
    monitor, place = HelpMonitor(HelpRules(stalled_s=0.5)), np.zeros(3)

    def asks() -> list[HelpReason | None]:
        return [monitor.update(ControlState.POLICY, 0.1, True, place) for _ in range(20)]

    assert HelpReason.STALLED in asks()
    monitor.mute()
    assert set(asks()) == {None}
    monitor.begin()
    assert HelpReason.STALLED in asks()
