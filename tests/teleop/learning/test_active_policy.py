"""The active policy: switches between two episodes, at the right level, and rollback."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sidestick.datasets.database import Database, EventEntry, EventKind
from sidestick.datasets.step import Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.policy_config import MODEL
from sidestick.policies.store import PolicyStore
from sidestick.sim_envs.errors import PolicyError
from sidestick.teleop.autonomy.ladder import ChangeReason, LevelChange
from sidestick.teleop.autonomy.ladder_store import LadderStore
from sidestick.teleop.learning import active_policy as active_policy_module
from sidestick.teleop.learning.active_policy import ActivePolicy, assignment_of
from sidestick.teleop.session.assignment import Assignment
from sidestick.teleop.session.help_requests import HelpRules
from tests.active_policy_rig import earn, first, switched, with_newer_policy


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Workspace:
    """A workspace with one policy, which has earned the supervised level."""
    shutil.copytree(taught, tmp_path / "ws")
    made = Workspace.open(tmp_path / "ws")
    earn(made, "0001", Level.SUPERVISED)
    return made


def test_nothing_changes_while_no_newer_policy_has_passed_the_gate(workspace: Workspace) -> None:
    """Neither without a newer policy, nor with one that was trained without the gate."""
    present = first(workspace)
    active_policy = ActivePolicy(workspace, present)
    assert not active_policy.waiting(present)
    assert active_policy.next_switch(present) is None
    shutil.copytree(workspace.policies_dir / "0001", workspace.policies_dir / "0002")
    (workspace.policies_dir / "0002" / "gate.json").unlink()
    assert active_policy.next_switch(present) is None


def test_a_newer_policy_takes_over_at_the_level_that_the_gate_gives(workspace: Workspace) -> None:
    """Not worse than one at supervised is supervised; the switch is an event for the report."""
    present = first(workspace)
    active_policy = ActivePolicy(workspace, present)
    active_policy.episode_over()
    with_newer_policy(workspace)
    assert active_policy.waiting(present)
    policy_switch = switched(active_policy, present)
    made = policy_switch.assignment
    assert (made.policy_id, policy_switch.before, made.level) == ("0002", "0001", Level.SUPERVISED)
    assert policy_switch.label == "new policy 0002 drives from now on, at supervised"
    assert made.runner is not present.runner
    assert active_policy.episodes == 0
    assert not active_policy.waiting(made)
    (event,) = Database(workspace.db_path).events(EventKind.SWAP)
    assert event.payload["policy"] == "0002"
    assert event.payload["before"] == "0001"


def test_one_key_goes_back_and_the_policy_is_never_chosen_again(workspace: Workspace) -> None:
    """At once for a new session; from the next episode on in this one."""
    active_policy = ActivePolicy(workspace, first(workspace))
    with_newer_policy(workspace)
    present = switched(active_policy, first(workspace)).assignment
    words = "policy 0002 is set aside: 0001 drives from the next episode on"
    assert active_policy.roll_back(present) == words
    assert PolicyStore(workspace.policies_dir).choose().policy_id == "0001"
    assert LadderStore(workspace).ladder().policy == "0001"
    assert active_policy.roll_back(present) == "policy 0001 drives from the next episode on"
    back = switched(active_policy, present).assignment
    assert (back.policy_id, back.level) == ("0001", Level.SUPERVISED)
    assert active_policy.next_switch(back) is None
    assert active_policy.roll_back(back) == "there is no policy to go back to"
    swaps = Database(workspace.db_path).events(EventKind.SWAP)
    assert [event.payload["why"] for event in swaps] == [
        "passed the gate",
        "rolled back",
    ]
    assert with_newer_policy(workspace, 7) == "0003"
    assert active_policy.waiting(back)


def test_going_back_twice_goes_back_two_policies(workspace: Workspace) -> None:
    """Each time to the one that drove before."""
    present = first(workspace)
    active_policy = ActivePolicy(workspace, present)
    for number in (6, 7):
        with_newer_policy(workspace, number)
        present = switched(active_policy, present).assignment
    assert present.policy_id == "0003"
    for expected in ("0002", "0001"):
        active_policy.roll_back(present)
        present = switched(active_policy, present).assignment
        assert present.policy_id == expected


def test_a_policy_that_the_operator_named_stays(workspace: Workspace) -> None:
    """Newer ones wait for the next session."""
    present = first(workspace)
    active_policy = ActivePolicy(workspace, present, follows=False)
    with_newer_policy(workspace)
    assert not active_policy.waiting(present)
    assert active_policy.next_switch(present) is None


def test_an_override_holds_for_the_one_before_and_one_level_less_for_the_new(
    workspace: Workspace,
) -> None:
    """It is recorded for each of them."""
    present = first(workspace, Level.AUTONOMOUS)
    active_policy = ActivePolicy(workspace, present)
    with_newer_policy(workspace)
    present = switched(active_policy, present).assignment
    assert present.level is Level.ON_CALL
    active_policy.roll_back(present)
    assert switched(active_policy, present).assignment.level is Level.AUTONOMOUS
    overrides = [e for _, e in LadderStore(workspace).events() if isinstance(e, LevelChange)]
    assert [change.why for change in overrides].count(ChangeReason.OVERRIDE) == 2


@pytest.mark.parametrize(
    ("back", "policy", "level"),
    [(False, "0002", Level.SUPERVISED), (True, "0001", Level.SUPERVISED)],
)
def test_killed_in_a_switch_the_next_start_has_the_right_policy_and_level(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, back: bool, policy: str, level: Level
) -> None:
    """Even though the event did not reach the database."""
    present = first(workspace)
    active_policy = ActivePolicy(workspace, present)
    with_newer_policy(workspace)
    if back:
        present = switched(active_policy, present).assignment

    def killed(database: Database, event: EventEntry) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Database, "add_event", killed)
        with pytest.raises(KeyboardInterrupt):
            active_policy.roll_back(present) if back else active_policy.next_switch(present)
    assert PolicyStore(workspace.policies_dir).choose().policy_id == policy
    assert LadderStore(workspace).authorise(None) is level


def test_a_damaged_newer_policy_is_passed_over(workspace: Workspace) -> None:
    """The active policy goes on driving, and `waiting` ends."""
    present = first(workspace)
    active_policy = ActivePolicy(workspace, present)
    with_newer_policy(workspace)
    weights = workspace.policies_dir / "0002" / MODEL
    weights.write_bytes(weights.read_bytes()[:1000])
    assert active_policy.waiting(present)
    assert active_policy.next_switch(present) is None
    assert not active_policy.waiting(present)


def test_the_screen_says_who_drives_since_when_and_how_long(workspace: Workspace) -> None:
    """Number, time, episodes; nothing where there is no policy."""
    present = first(workspace)
    active_policy = ActivePolicy(workspace, present)
    active_policy.episode_over()
    assert active_policy.label(present).startswith("policy 0001 since ")
    assert active_policy.label(present).endswith(", 1 episode")
    assert active_policy.label(Assignment(Level.DEMONSTRATE)) == ""


def test_the_budget_of_requests_is_for_the_session_not_for_a_policy(workspace: Workspace) -> None:
    """Requests of the policy before reduce the budget of the next one."""
    present = assignment_of(workspace, Level.SUPERVISED, "0001", HelpRules(budget=3))
    present.monitor.left = 1
    active_policy = ActivePolicy(workspace, present, rules=HelpRules(budget=3))
    with_newer_policy(workspace)
    assert switched(active_policy, present).assignment.monitor.left == 1


def test_promoted_to_on_call_help_requests_are_calibrated_on_what_is_recorded_by_then(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same session: the monitor of the level before had the rules of a beginner."""

    def on_thirty(workspace: Workspace, policy_id: str, rules: HelpRules) -> HelpRules:
        return replace(rules, successes=30)

    monkeypatch.setattr(active_policy_module, "rules_for", on_thirty)
    present = assignment_of(workspace, Level.SUPERVISED, "0001", HelpRules(budget=3))
    present.monitor.left = 1
    promoted = ActivePolicy(workspace, present).at(present, Level.ON_CALL)
    assert promoted.level is Level.ON_CALL
    assert not HelpRules().calibrated
    assert promoted.monitor.rules == HelpRules(budget=3, successes=30)
    assert promoted.monitor.left == 1


def test_without_any_policy_left_the_store_says_why(workspace: Workspace) -> None:
    """Setting the only policy aside leaves none to choose."""
    store = PolicyStore(workspace.policies_dir)
    store.set_aside("0001", {"why": "test"})
    assert store.driving() is None
    assert store.ids() == ["0001"]
    with pytest.raises(PolicyError, match="0001 is set aside"):
        store.choose()
