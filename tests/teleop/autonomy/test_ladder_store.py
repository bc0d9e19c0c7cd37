"""These tests keep a ladder in a workspace: restarts, weights, new policies, its table."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EventKind
from sidestick.datasets.step import ActionMode, Level
from sidestick.datasets.workspace import Workspace
from sidestick.policies.gate_record import GateVerdict
from sidestick.policies.policy_config import MODEL
from sidestick.sim_envs.errors import WorkspaceError
from sidestick.teleop.autonomy.criteria import ENOUGH_DEMONSTRATIONS
from sidestick.teleop.autonomy.episode_evidence import EpisodeEvidence
from sidestick.teleop.autonomy.ladder import ChangeReason, LevelChange
from sidestick.teleop.autonomy.ladder_store import LadderStore
from sidestick.teleop.cli.ladder import LadderVerb
from tests.ladder_rig import (
    AT_ASSIST,
    EVIDENCE,
    add_policy,
    judged,
    supervised,
)
from tests.synthetic import made_up_episode


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "ws", WorkspaceConfig("ShelfPick"))
    add_policy(made, "0001", b"weights")
    return made


def test_the_ladder_is_there_again_after_a_restart(workspace: Workspace) -> None:
    """All changes and evidence are in the database before the next episode begins."""
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    start = replace(AT_ASSIST, fingerprint=ladder_store.fingerprint("0001"))
    ladder_store.add_change(start)
    one = replace(EVIDENCE, fingerprint=start.fingerprint)
    changes = [change for _ in range(10) for change in ladder_store.add(one)]
    assert [change.after for change in changes] == [Level.SUPERVISED]
    again = LadderStore(Workspace.open(workspace.path)).ladder()
    assert again.level is Level.SUPERVISED
    assert len(Database(workspace.db_path).events(EventKind.TRIAL)) == 10


def test_evidence_of_another_task_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    """A database that was copied from elsewhere does not let a policy drive."""
    LadderStore(workspace).add_change(replace(AT_ASSIST, task="SortClothes"))
    with pytest.raises(WorkspaceError, match="SortClothes"):
        LadderStore(workspace).ladder()


def test_evidence_of_other_weights_is_refused(workspace: Workspace) -> None:
    """A policy that was replaced under its number has earned nothing."""
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    (workspace.policies_dir / "0001" / MODEL).write_bytes(b"others")
    with pytest.raises(WorkspaceError, match="another policy 0001"):
        ladder_store.ladder()
    add_policy(workspace, "0002", np.random.default_rng(0).bytes(9))
    assert ladder_store.apply_evidence("0002")[0].level is Level.DEMONSTRATE


def test_a_poor_policy_after_a_good_one_starts_at_the_bottom(workspace: Workspace) -> None:
    """One of 20 updates that solved 0 of 4, whether the gate was not asked or could not tell."""
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    own = ladder_store.fingerprint("0001")
    ladder_store.add_change(
        replace(AT_ASSIST, after=Level.ON_CALL, before=Level.SUPERVISED, fingerprint=own)
    )
    add_policy(workspace, "0002", b"20 updates")
    assert ladder_store.apply_evidence("0002")[0].level is Level.DEMONSTRATE
    add_policy(workspace, "0003", b"20 other updates")
    judged(GateVerdict.UNDECIDED).write(workspace.policies_dir / "0003")
    ladder, changes = ladder_store.apply_evidence("0003")
    assert ladder.level is Level.DEMONSTRATE
    assert "the gate: undecided, compared with 0001" in changes[0].evidence
    add_policy(workspace, "0004", b"many updates")
    judged(GateVerdict.BETTER).write(workspace.policies_dir / "0004")
    assert ladder_store.apply_evidence("0004")[0].level is Level.ON_CALL


def test_a_late_decision_of_the_gate_counts_once(workspace: Workspace) -> None:
    """Undecided at first, then not worse: it rises; what it then loses, it does not get again."""
    ladder_store = LadderStore(workspace)
    ladder_store.add_change(
        replace(AT_ASSIST, after=Level.ON_CALL, fingerprint=ladder_store.fingerprint("0001"))
    )
    add_policy(workspace, "0002", b"more updates")
    own = ladder_store.fingerprint("0002")
    judged(GateVerdict.UNDECIDED).write(workspace.policies_dir / "0002")
    assert ladder_store.apply_evidence("0002")[0].level is Level.DEMONSTRATE
    judged(GateVerdict.NOT_WORSE).write(workspace.policies_dir / "0002")
    assert ladder_store.apply_evidence("0002")[0].level is Level.SUPERVISED
    for _ in range(5):
        failed = replace(EVIDENCE, level=Level.SUPERVISED, success=False, clean=False)
        ladder_store.add(replace(failed, policy="0002", fingerprint=own))
    ladder, changes = ladder_store.apply_evidence("0002")
    assert (ladder.level, changes) == (Level.ASSIST, [])


def test_better_than_the_reference_alone_is_not_better_than_the_one_before(
    workspace: Workspace,
) -> None:
    """What 0002 earned without being the reference, 0003 does not get for beating 0001."""
    ladder_store = LadderStore(workspace)
    add_policy(workspace, "0002", b"not worse")
    judged(GateVerdict.NOT_WORSE).write(workspace.policies_dir / "0002")
    ladder_store.add_change(
        replace(
            AT_ASSIST,
            policy="0002",
            fingerprint=ladder_store.fingerprint("0002"),
            after=Level.AUTONOMOUS,
        )
    )
    add_policy(workspace, "0003", b"better than 0001")
    judged(GateVerdict.BETTER, before="0002").write(workspace.policies_dir / "0003")
    ladder, (change,) = ladder_store.apply_evidence("0003")
    assert ladder.level is Level.SUPERVISED
    assert "not worse than 0002, which had autonomous" in change.evidence


def test_with_demonstrations_a_poor_policy_gets_shadow_and_no_more(workspace: Workspace) -> None:
    """Shadow only watches, so demonstrations suffice for it."""
    for number in range(ENOUGH_DEMONSTRATIONS):
        episode_id = f"demonstration-{number}"
        made = made_up_episode([ActionMode.DEMONSTRATION] * 4, number, episode_id=episode_id)
        made.write(workspace.episodes_dir / f"{episode_id}.hdf5")
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    own = ladder_store.fingerprint("0001")
    ladder_store.add_change(
        replace(AT_ASSIST, after=Level.ASSIST, before=Level.SHADOW, fingerprint=own)
    )
    add_policy(workspace, "0002", b"20 updates")
    assert ladder_store.apply_evidence("0002")[0].level is Level.SHADOW


def test_an_override_is_recorded(workspace: Workspace) -> None:
    """The database says afterwards that the operator chose the level."""
    ladder_store = LadderStore(workspace)
    assert ladder_store.authorise(Level.AUTONOMOUS, override=True) is Level.AUTONOMOUS
    _, last = ladder_store.events()[-1]
    assert isinstance(last, LevelChange)
    assert last.why is ChangeReason.OVERRIDE
    assert ladder_store.authorise(None) is Level.DEMONSTRATE


def test_the_subcommand_prints_where_episodes_failed(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints a table of the stages, or with --json the same figures."""
    ladder_store = LadderStore(workspace)
    ladder_store.apply_evidence()
    own = ladder_store.fingerprint("0001")
    ladder_store.add_change(
        replace(AT_ASSIST, after=Level.SUPERVISED, before=Level.ASSIST, fingerprint=own)
    )
    for evidence in supervised("x...x" * 2 + "...", ("carry",)):
        assert isinstance(evidence, EpisodeEvidence)
        ladder_store.add(replace(evidence, fingerprint=own))
    LadderVerb(workspace.path).run()
    lines = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert ["Stages", "at", "supervised"] in lines
    (carry,) = (line for line in lines if line[:1] == ["carry"])
    assert carry[1] == "9/13"
    assert "4/13" in carry
    LadderVerb(workspace.path, json=True).run()
    stages = json.loads(capsys.readouterr().out)["stages"]
    assert (stages["carry"]["died"], stages["carry"]["died_of"]) == (4, 13)
    assert stages["place"]["log_ratio"] is None
