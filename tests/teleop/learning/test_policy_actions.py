"""Pinning, setting aside, removing and restoring policies, beside a session and without one."""

import shutil
from pathlib import Path

import pytest

from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.store import PolicyStore
from sidestick.sim_envs.errors import PolicyError, UnknownName
from sidestick.teleop.learning.active_policy import ActivePolicy, assignment_of
from sidestick.teleop.learning.policy_actions import PolicyActions
from tests.active_policy_rig import earn, first, switched, with_newer_policy


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Workspace:
    """A workspace with one policy, which has earned the supervised level."""
    shutil.copytree(taught, tmp_path / "ws")
    made = Workspace.open(tmp_path / "ws")
    earn(made, "0001", Level.SUPERVISED)
    return made


def test_a_pin_takes_over_at_the_next_boundary_and_ends_there_too(workspace: Workspace) -> None:
    """An older policy drives as long as it is pinned; then the newest accepted one again."""
    active_policy = ActivePolicy(workspace, first(workspace))
    with_newer_policy(workspace)
    present = switched(active_policy, first(workspace)).assignment
    actions = PolicyActions(workspace)
    actions.pin("0001", "for the demo")
    pinned = switched(active_policy, present)
    assert (pinned.assignment.policy_id, pinned.why) == ("0001", "pinned")
    assert pinned.label == "pinned: policy 0001 drives from now on, at supervised"
    assert active_policy.next_switch(pinned.assignment) is None
    assert actions.unpin()
    assert switched(active_policy, pinned.assignment).assignment.policy_id == "0002"
    database = Database(workspace.db_path)
    (pin,) = database.events(EventKind.PIN)
    assert (pin.payload["policy"], pin.payload["why"]) == ("0001", "for the demo")
    assert [e.payload["policy"] for e in database.events(EventKind.UNPIN)] == ["0001"]
    assert not actions.unpin()


@pytest.mark.parametrize("action", ["set_aside", "remove"])
def test_a_policy_that_is_taken_away_stops_driving_at_the_next_boundary(
    workspace: Workspace, action: str
) -> None:
    """The session goes back to the one that drives without it, and forward once it is restored."""
    active_policy = ActivePolicy(workspace, first(workspace))
    with_newer_policy(workspace)
    present = switched(active_policy, first(workspace)).assignment
    actions = PolicyActions(workspace)
    getattr(actions, action)("0002", "drops things")
    back = switched(active_policy, present)
    assert (back.assignment.policy_id, back.before) == ("0001", "0002")
    assert back.label == "back to policy 0001, at supervised"
    actions.restore("0002")
    assert switched(active_policy, back.assignment).assignment.policy_id == "0002"
    kinds = [event.kind for event in Database(workspace.db_path).events()]
    assert kinds.count(EventKind.RESTORE) == 1


def test_going_back_from_a_pinned_policy_ends_the_pin(workspace: Workspace) -> None:
    """The operator at the window has the last word."""
    with_newer_policy(workspace)
    PolicyActions(workspace).pin("0002")
    present = assignment_of(workspace, Level.ASSIST, "0002")
    active_policy = ActivePolicy(workspace, present)
    active_policy.roll_back(present)
    assert switched(active_policy, present).assignment.policy_id == "0001"
    assert PolicyStore(workspace.policies_dir).pinned() is None


def test_a_pin_without_its_policy_changes_nothing_in_a_session(workspace: Workspace) -> None:
    """The next start refuses it; a session that runs goes on."""
    present = first(workspace)
    active_policy = ActivePolicy(workspace, present)
    PolicyActions(workspace).pin("0001")
    shutil.move(workspace.policies_dir / "0001", workspace.path / "elsewhere")
    assert not active_policy.waiting(present)


def test_what_may_not_be_taken_away_says_what_to_do(workspace: Workspace) -> None:
    """The only policy that drives, and the pinned one."""
    actions = PolicyActions(workspace)
    with pytest.raises(PolicyError, match="only one that drives"):
        actions.remove("0001")
    actions.pin("0001")
    for refused in (actions.remove, actions.set_aside):
        with pytest.raises(PolicyError, match="--unpin"):
            refused("0001")
    assert PolicyStore(workspace.policies_dir).ids() == ["0001"]
    with pytest.raises(UnknownName, match="0009"):
        actions.restore("0009")
