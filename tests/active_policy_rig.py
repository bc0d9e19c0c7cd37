"""Tests of the active policy earn levels, publish newer policies and switch by these functions."""

from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.teleop.autonomy.ladder import ChangeReason, LevelChange
from sidestick.teleop.autonomy.ladder_store import LadderStore
from sidestick.teleop.learning.active_policy import ActivePolicy, PolicySwitch, assignment_of
from sidestick.teleop.session.assignment import Assignment
from tests.learning_rig import add_correction, learner


def earn(workspace: Workspace, policy: str, level: Level) -> None:
    """Promote a policy to a level."""
    ladder_store = LadderStore(workspace)
    fingerprint, before = ladder_store.fingerprint(policy), Level(level - 1)
    words = "for the test"
    ladder_store.add_change(
        LevelChange("ShelfPick", policy, fingerprint, ChangeReason.PROMOTED, before, level, words)
    )


def first(workspace: Workspace, level: Level = Level.SUPERVISED) -> Assignment:
    """The session's first assignment."""
    return assignment_of(workspace, level, "0001")


def switched(active_policy: ActivePolicy, present: Assignment) -> PolicySwitch:
    """The policy that takes over, as the session would be told."""
    policy_switch = active_policy.next_switch(present)
    assert policy_switch is not None
    return policy_switch


def with_newer_policy(workspace: Workspace, number: int = 6) -> str:
    """Add a correction and a newer policy that passes the gate; its number."""
    add_correction(workspace, number)
    event = learner(workspace).step()
    assert event is not None
    return str(event.payload["policy"])
