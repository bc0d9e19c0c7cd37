"""`sidestick policies` and what the other verbs say of the policy that they took."""

import json
import shutil
from pathlib import Path

import pytest

from sidestick.datasets.database import Database, EvaluationEntry, EventKind
from sidestick.datasets.workspace import Workspace
from sidestick.policies.gate_record import GateRecord, GateVerdict
from sidestick.policies.policy_config import CONFIG
from sidestick.policies.store import PolicyStore
from sidestick.teleop.cli.main import main
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.learning.background_process import only_learner


@pytest.fixture
def workspace(taught: Path, tmp_path: Path) -> Workspace:
    """A workspace of before the gate: two policies without a decision."""
    shutil.copytree(taught, tmp_path / "my ws")
    made = Workspace.open(tmp_path / "my ws")
    (made.policies_dir / "0001" / "gate.json").unlink()
    shutil.copytree(made.policies_dir / "0001", made.policies_dir / "0002")
    return made


@pytest.fixture
def call(workspace: Workspace, capsys: pytest.CaptureFixture[str]):
    """A verb on the workspace by the real `main`: exit code, standard output, what it said."""

    def verb(name: str, *arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([name, str(workspace.path), *arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, " ".join(said.err.split())

    return verb


def listed(call, *arguments: str) -> dict:
    code, out, _ = call("policies", "--json", *arguments)
    assert code == 0
    return json.loads(out)


def decide(workspace: Workspace, policy_id: str, verdict: GateVerdict) -> None:
    folder = PolicyStore(workspace.policies_dir).path(policy_id)
    GateRecord(verdict, ("for the test",), "0001").write(folder)


def test_the_table_says_of_every_policy_what_is_known(workspace: Workspace, call) -> None:
    """Also of a copy, a damaged one and an evaluated one; and who drives, and why."""
    Database(workspace.db_path).add_evaluation(
        EvaluationEntry("0001", "ShelfPick", 20000, 10, 4, payload={})
    )
    shutil.copytree(workspace.policies_dir / "0001", workspace.policies_dir / "best")
    shutil.copytree(workspace.policies_dir / "0001", workspace.policies_dir / "0003")
    (workspace.policies_dir / "0003" / CONFIG).write_text("{")
    found = listed(call)
    rows = {row["policy"]: row for row in found["policies"]}
    assert {name: row["standing"] for name, row in rows.items()} == {
        "best": "not numbered",
        "0001": "the first policy",
        "0002": "not compared",
        "0003": "damaged",
    }
    assert rows["0001"]["evaluation"]["successes"] == 4
    assert (rows["0001"]["kind"], rows["0001"]["trained_on"]) == ("demonstrations", 6)
    assert rows["0001"]["level"] is not None
    assert "config.json" in rows["0003"]["problem"]
    assert (found["policy"], found["policy_choice"]["why"]) == ("0001", "the first policy")
    code, out, said = call("policies")
    assert (code, out) == (0, "")
    assert "policy 0001: the first policy; 0002 is newer and not compared" in said
    assert "--gate 0002" in said


def test_policies_of_before_are_chosen_as_the_first(workspace: Workspace, call) -> None:
    """0001 and 0002 without a decision: 0001 drives, until it is set aside or 0002 is pinned."""
    assert listed(call)["policy"] == "0001"
    assert listed(call, "--pin", "0002", "--why", "known to be good")["policy"] == "0002"
    assert listed(call)["policy_choice"]["why"] == "pinned"
    assert listed(call, "--unpin")["policy"] == "0001"
    assert listed(call, "--set-aside", "0001", "--why", "drops things")["policy"] == "0002"
    (aside,) = [row for row in listed(call)["policies"] if row["standing"] == "set aside"]
    assert (aside["policy"], aside["why_set_aside"]) == ("0001", "drops things")
    assert listed(call, "--restore", "0001")["policy"] == "0001"
    kinds = [event.kind for event in Database(workspace.db_path).events()]
    changes = [kind for kind in kinds if kind not in (EventKind.GATE, EventKind.LEVEL)]
    assert changes == ["pin", "unpin", "set-aside", "restore"]


def test_a_removed_policy_keeps_its_place_and_comes_back(workspace: Workspace, call) -> None:
    """Its files move; the only one that drives, and a pinned one, stay."""
    code, _, said = call("policies", "--remove", "0001")
    assert code == 2
    assert "only one that drives" in said
    found = listed(call, "--remove", "0002")
    assert (found["removed"], [row["policy"] for row in found["policies"]]) == (["0002"], ["0001"])
    assert (workspace.policies_dir / "removed" / "0002" / CONFIG).exists()
    assert listed(call, "--restore", "0002")["removed"] == []
    call("policies", "--pin", "0002")
    code, _, said = call("policies", "--remove", "0002")
    assert code == 2
    assert "--unpin" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pin", "0009"], ["0009", "0001, 0002"]),
        (["--pin", "0001", "--unpin"], ["one action at a time", "--pin, --unpin"]),
        (["--gate", "0009"], ["0009", "0001, 0002"]),
        (["--gate", "0002", "--gate-pairs", "1"], ["gate's pairs", "at least"]),
    ],
)
def test_what_cannot_be_done_is_refused(call, arguments: list[str], words: list[str]) -> None:
    """With what was asked and what exists."""
    code, out, said = call("policies", *arguments)
    assert (code, out) == (2, "")
    assert all(word in said for word in words)


def test_the_gate_decides_on_a_published_policy(
    workspace: Workspace, call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy that solves what the first cannot is better, drives, and is on record."""
    monkeypatch.setattr(Rollouts, "solves", lambda _, policy, seed: policy.name == "0002")
    code, _, said = call("policies", "--gate", "0002", "--workers", "1")
    assert code == 0
    assert "the gate: policy 0002 is better than policy 0001" in said
    assert "policy 0002: the newest accepted by the gate as better than 0001" in said
    record = GateRecord.read(workspace.policies_dir / "0002")
    assert record is not None
    assert record.verdict is GateVerdict.BETTER
    events = Database(workspace.db_path).events(EventKind.GATE)
    assert [event.payload["policy"] for event in events][-1] == "0002"


def test_a_worse_policy_does_not_drive_and_an_undecided_one_neither(
    workspace: Workspace, call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by the gate, nor later by itself; named or pinned it does."""
    monkeypatch.setattr(Rollouts, "solves", lambda _, policy, seed: policy.name == "0001")
    call("policies", "--gate", "0002", "--workers", "1")
    found = listed(call)
    assert (found["policy"], found["policy_choice"]["newer"]) == ("0001", {"0002": "worse"})
    decide(workspace, "0002", GateVerdict.UNDECIDED)
    assert listed(call)["policy_choice"]["newer"] == {"0002": "undecided"}
    assert listed(call, "--pin", "0002")["policy"] == "0002"


ONE = ("--episodes", "1", "--workers", "1", "--json")
DRIVEN = ("--headless", "--driver", "simulated", "--episodes", "1", "--json")
VERBS_WITH_A_POLICY = {
    "evaluate": ONE,
    "ladder": ("--json",),
    "learn": ("--json",),
    "practice": ONE,
    "drive": ("--level", "supervised", "--override", *DRIVEN),
}


@pytest.mark.parametrize("verb", VERBS_WITH_A_POLICY)
def test_every_verb_says_which_policy_it_took_and_why(
    workspace: Workspace, call, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for people, two keys for scripts."""
    monkeypatch.setattr("sidestick.teleop.cli.learn.lower_priority", lambda _: None)
    monkeypatch.setattr("sidestick.teleop.cli.learn.signal.signal", lambda *_: None)
    code, out, said = call(verb, *VERBS_WITH_A_POLICY[verb])
    assert code == 0, said
    assert said.count("policy 0001: the first policy; 0002 is newer and not compared") == 1, said
    assert out, said
    report = json.loads(out)
    assert report["policy"] == report["policy_choice"]["policy"] == "0001"
    assert report["policy_choice"]["newer"] == {"0002": "not compared"}


def test_an_evaluation_says_that_its_seeds_are_not_unseen(workspace: Workspace, call) -> None:
    """Where the workspace has episodes of them, which the policy may have learnt from."""
    seed = workspace.summaries()[0].header.seed
    code, out, said = call("evaluate", "--first-seed", str(seed), *ONE)
    assert code == 0, said
    assert "not unseen: 1 of the 1 seeds have recorded episodes" in said
    assert json.loads(out)["seen_seeds"] == [seed]
    code, out, said = call("evaluate", *ONE)
    assert "not unseen" not in said
    assert json.loads(out)["seen_seeds"] == []


def test_a_named_policy_is_said_to_be_named(workspace: Workspace, call) -> None:
    """The choice of the user needs no other reason."""
    code, out, said = call(
        "evaluate", "--policy", "0002", "--episodes", "1", "--workers", "1", "--json"
    )
    assert code == 0, said
    assert "policy 0002: named" in said
    assert json.loads(out)["policy_choice"] == {"policy": "0002", "why": "named", "newer": {}}


def test_training_publishes_and_then_the_gate_decides(
    workspace: Workspace, call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accepted, left for later, or interrupted: the report says who drives from now on."""
    few = ("--steps", "2", "--selection-episodes", "0")
    monkeypatch.setattr(Rollouts, "solves", lambda _, policy, seed: policy.name == "0003")
    code, out, said = call("train", *few, "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["policy"], report["gate"]["verdict"]) == ("0003", "better")
    assert report["policy_choice"]["policy"] == "0003"
    assert "policy 0003: the newest accepted by the gate as better than 0001" in said

    code, _, said = call("train", *few, "--no-gate")
    assert code == 0
    assert "policy 0004 is published; it does not drive until" in said
    assert "policy 0003: the newest" in said

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Rollouts, "solves", interrupted)
    code, _, said = call("train", *few)
    assert code == 130
    assert "policy 0005 is published and not compared" in said
    assert "--gate 0005" in said
    assert listed(call)["policy_choice"] == {
        "policy": "0003",
        "why": "the newest accepted by the gate as better than 0001",
        "newer": {"0004": "not compared", "0005": "not compared"},
    }


def test_the_gate_beside_a_learner_is_put_off(workspace: Workspace, call) -> None:
    """The training was not in vain: the policy is there, and how to go on is said."""
    with only_learner(workspace):
        code, _, said = call("train", "--steps", "2", "--selection-episodes", "0")
    assert code == 1
    assert "policy 0003 is published and not compared" in said
    assert "learns here already" in said
    assert PolicyStore(workspace.policies_dir).ids() == ["0001", "0002", "0003"]


def test_a_budget_that_can_show_nothing_is_refused_before_the_training(
    workspace: Workspace, call
) -> None:
    """Not after hours of it."""
    code, _, said = call("train", "--gate-pairs", "2")
    assert code == 2
    assert "gate's pairs" in said
    assert PolicyStore(workspace.policies_dir).ids() == ["0001", "0002"]
