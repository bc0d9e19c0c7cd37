"""The window says what the learner beside the session does, and what the gate ruled last."""

from pathlib import Path

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.workspace import Workspace
from sidestick.policies.gate_record import GateRecord, GateVerdict
from sidestick.teleop.learning.candidate_store import CandidateStore
from sidestick.teleop.learning.update_schedule import Update, UpdateKind
from sidestick.teleop.station.learner_state import learner_state


def test_the_learner_waits_learns_and_is_ruled_about(tmp_path: Path) -> None:
    """Each follows from what lies in the workspace's folder."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    assert learner_state(workspace) == "the learner waits for new episodes"
    staging = CandidateStore(workspace)
    staging.begin(Update(UpdateKind.REFIT, ("a", "b", "c"), ("c",), "0001"))
    assert learner_state(workspace) == "the learner makes a refit from 3 episodes now"
    staging.decide(GateRecord(GateVerdict.WORSE, ("it lost",), "0001"))
    staging.settle()
    words = learner_state(workspace)
    assert words == "the learner waits for new episodes; last ruling: a candidate, worse"


def test_a_plan_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    """The learner may be writing at this moment."""
    workspace = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    staging = CandidateStore(workspace)
    staging.begin(Update(UpdateKind.REFIT, ("a",), ("a",), None))
    (staging.candidate / "plan.json").write_text("{")
    assert learner_state(workspace) == "the learner waits for new episodes"
