"""These tests switch policies between two episodes, and roll back to the one before."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sidestick.datasets.database import Database
from sidestick.datasets.step import Level
from sidestick.policies.store import PolicyStore
from sidestick.teleop.learning.active_policy import ActivePolicy, assignment_of
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.station.headless import RunRules, drive_with_switches
from sidestick.teleop.station.states import WindowState
from tests import virtual_pad as vp
from tests.learning_rig import add_correction, learner, tiny_workspace
from tests.window_rig import WindowRig


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two policies; the second passed the gate after the first."""
    workspace = tiny_workspace(tmp_path_factory.mktemp("taught") / "ws")
    made = learner(workspace)
    made.step()
    add_correction(workspace, 6)
    made.step()
    return workspace.policies_dir


@pytest.fixture
def rig(open_rig: Callable[..., WindowRig], policies: Path) -> WindowRig:
    """A window at level demonstrate, with the first policy active."""
    rig = open_rig()
    shutil.copytree(policies / "0001", rig.workspace.policies_dir / "0001")
    assignment = assignment_of(rig.workspace, Level.DEMONSTRATE, "0001")
    rig.live.session.assign(assignment)
    rig.live.reset()
    rig.loop.context.active_policy = ActivePolicy(rig.workspace, assignment, clock=rig.time)
    return rig


def newcomer(rig: WindowRig, policies: Path) -> None:
    shutil.copytree(policies / "0002", rig.workspace.policies_dir / "0002")


def record(rig: WindowRig) -> None:
    rig.run(0.5)
    rig.tap(vp.START)
    rig.drive(0.5)
    assert rig.state is WindowState.RECORDING


def test_a_newcomer_waits_for_the_end_of_the_episode(rig: WindowRig, policies: Path) -> None:
    """Then it is the active policy, the episodes name it, and a notice says so."""
    before = rig.live.assignment
    record(rig)
    newcomer(rig, policies)
    rig.drive(0.5)
    assert rig.live.assignment is before
    rig.tap(vp.B)
    assert rig.loop.notice.text == "new policy 0002 looks on from now on, at demonstrate"
    assert rig.live.assignment.runner is not before.runner
    assert rig.live.assignment.policy_id == "0002"
    record(rig)
    rig.tap(vp.B)
    rig.recorder.wait()
    drove = [summary.header.policy_id for summary in rig.workspace.summaries()]
    assert drove == ["0001", "0002"]


def test_one_key_brings_the_policy_before_back(rig: WindowRig, policies: Path) -> None:
    """During an episode it is only set aside; the switch comes with the next episode."""
    newcomer(rig, policies)
    record(rig)
    rig.tap(vp.B)
    assert rig.live.assignment.policy_id == "0002"
    record(rig)
    rig.chord(vp.Y)
    assert rig.loop.notice.text.startswith("policy 0002 is set aside")
    assert rig.state is WindowState.RECORDING
    assert rig.live.assignment.policy_id == "0002"
    rig.tap(vp.B)
    assert rig.live.assignment.policy_id == "0001"
    assert PolicyStore(rig.workspace.policies_dir).choose().policy_id == "0001"


def test_between_two_episodes_it_changes_at_once(rig: WindowRig, policies: Path) -> None:
    """The scene is reset; nothing is recorded by that."""
    newcomer(rig, policies)
    record(rig)
    rig.tap(vp.B)
    seed = rig.live.seed
    rig.chord(vp.Y)
    assert rig.loop.notice.text == "back to policy 0001, at demonstrate"
    assert (rig.live.assignment.policy_id, rig.live.seed, rig.state) == (
        "0001",
        seed,
        WindowState.READY,
    )
    rig.chord(vp.Y)
    assert rig.loop.notice.text == "there is no policy to go back to"


def test_headless_runs_change_policies_between_episodes_too(rig: WindowRig, policies: Path) -> None:
    """Each policy has its own entry in the ledger, and no seed is driven twice."""
    rig.recorder.close()
    first = Assignment(Level.DEMONSTRATE, "0001")
    active_policy = ActivePolicy(rig.workspace, first)
    seen: list[int] = []

    def on_end(outcome: object) -> None:
        seen.append(outcome.seed)  # type: ignore[attr-defined]
        if len(seen) == 1:
            newcomer(rig, policies)

    report = drive_with_switches(rig.workspace, first, active_policy, range(2), on_end, RunRules())
    assert seen == [0, 1]
    assert (report.episodes, report.successes, report.level) == (2, 2, "demonstrate")
    efforts = Database(rig.workspace.db_path).efforts()
    assert [effort.payload["policy"] for effort in efforts] == ["0001", "0002"]
