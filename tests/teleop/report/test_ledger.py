"""The ledger sums human effort, and computes what each policy gained by it."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from sidestick.datasets.database import Database, EffortEntry
from sidestick.datasets.database import EvaluationEntry as KeptEvaluation
from sidestick.datasets.step import ActionMode
from sidestick.datasets.workspace import Workspace, WorkspaceConfig
from sidestick.policies.base.provenance import ProvenanceKind
from sidestick.policies.policy_config import CONFIG
from sidestick.teleop.cli.ledger import LedgerVerb
from sidestick.teleop.report.analysis import learning_curve
from sidestick.teleop.report.collect import collect
from sidestick.teleop.report.ledger import make_ledger, read_ledger
from sidestick.teleop.report.records import PolicyEvaluation, PolicyRow
from tests.synthetic import made_up_episode

KIND = ProvenanceKind.CORRECTIONS


def effort(
    number: int, created: float, driven_s: float, watched_s: float = 0.0, **payload: object
) -> EffortEntry:
    values = {"successes": 9, **payload}
    return EffortEntry(number, "supervised", driven_s, watched_s, 2, 10, values, created)


def policy(name: str, number: int, successes: int, taught: float | None = None) -> PolicyRow:
    evaluation = PolicyEvaluation(0.0, 0, 100, successes)
    return PolicyRow(name, None, KIND, number, 1e9, "keypoints", 1, evaluation, taught)


EFFORTS = [
    effort(0, 10.0, 60.0),
    effort(1, 20.0, 30.0, 60.0, takeover_s=[1.0, 3.0], switches=4, requests=1),
    effort(1, 30.0, 30.0, 0.0, takeover_s=[2.0], switches=2),
    effort(2, 40.0, 0.0),
]
POLICIES = [
    policy("0001", 0, 50, taught=9.0),
    policy("0002", 1, 70, taught=29.0),
    policy("0003", 2, 80, taught=39.0),
]
LEDGER = make_ledger(EFFORTS, POLICIES)


def test_sessions_rounds_and_all_of_them_add_up() -> None:
    """So do seconds, takeovers with their mean length, switches and help requests."""
    assert [cost.driven_s for cost in LEDGER.sessions] == [60, 30, 30, 0]
    first = LEDGER.rounds[1]
    assert (first.driven_s, first.watched_s, first.takeovers) == (60, 60, 4)
    assert (first.takeover_s, first.switches, first.requests) == (2.0, 6, 1)
    assert LEDGER.rounds[0].takeover_s is None
    assert (LEDGER.total.minutes, LEDGER.total.episodes) == (3.0, 40)


def test_the_return_is_success_gained_by_a_human_minute() -> None:
    """Driving and watching both count; practice is free."""
    first, second, third = LEDGER.returns
    assert (first.until.minutes, first.per_minute) == (1.0, None)
    assert second.until.minutes == 3.0
    assert second.per_minute == pytest.approx(0.10)
    assert third.per_minute == math.inf


def test_an_empty_workspace_has_an_empty_ledger() -> None:
    """Effort and returns are zero or None, without a division by zero."""
    empty = make_ledger([], [])
    assert (empty.sessions, empty.returns, empty.total.minutes) == ((), (), 0.0)
    assert empty.to_json()["total"]["takeover_s"] is None


def test_sessions_without_rounds_count_for_the_policies_that_came_after_them() -> None:
    """Manual sessions are all of round 0; the training episodes show which came before a policy."""
    efforts = [effort(0, 10.0, 60.0), effort(0, 20.0, 60.0), effort(0, 30.0, 60.0)]
    first, second = policy("0001", 0, 50, taught=5.0), policy("0002", 0, 70, taught=15.0)
    ledger = make_ledger(efforts, [first, second])
    assert [entry.until.minutes for entry in ledger.returns] == [1.0, 2.0]
    assert [line.policy for line in ledger.lines] == [second]


def test_a_round_that_taught_nothing_was_spent_all_the_same() -> None:
    """No episode of round 1 was trained on; its minutes still count for the second policy."""
    efforts = [effort(0, 10.0, 60.0), effort(1, 20.0, 60.0)]
    policies = [policy("0001", 0, 50, taught=5.0), policy("0002", 1, 50, taught=5.0)]
    ledger = make_ledger(efforts, policies)
    assert [entry.until.minutes for entry in ledger.returns] == [1.0, 2.0]
    assert [line.gain for line in ledger.lines] == [None, 0.0]


def test_a_policy_that_cannot_be_read_costs_its_own_line_only(tmp_path: Path) -> None:
    """The ledger of a damaged workspace still adds up, and names what it leaves out."""
    workspace = recorded_workspace(tmp_path)
    (workspace.policies_dir / "0001" / CONFIG).write_text("{", encoding="utf-8")
    ledger = read_ledger(workspace)
    assert [entry.policy.name for entry in ledger.returns] == ["0002"]
    assert "0001" in ledger.notes[0]


def recorded_workspace(folder: Path) -> Workspace:
    """Two manual sessions, each with a policy after it, evaluated twice; files as if copied."""
    workspace = Workspace.create(folder / "ws", WorkspaceConfig("ShelfPick"))
    database = Database(workspace.db_path)
    for number, successes in ((1, 10), (2, 15)):
        start, name = 1000.0 * number, f"{number:04d}"
        episode = made_up_episode([ActionMode.DEMONSTRATION] * 4, episode_id=f"episode-{number}")
        header = replace(episode.summary.header, started=start)
        summary = replace(episode.summary, header=header)
        path = workspace.episodes_dir / f"episode-{number}.hdf5"
        replace(episode, summary=summary).write(path)
        database.add_effort(effort(0, start + 100, 60.0 * number, 30.0))
        provenance = {"episodes": [f"episode-{n}" for n in range(1, number + 1)],
                      "parent": None, "round": 0, "kind": "demonstrations"}  # fmt: skip
        config = {"policy": {"provenance": provenance}, "vision": {"name": "keypoints"}}
        (workspace.policies_dir / name).mkdir()
        (workspace.policies_dir / name / CONFIG).write_text(json.dumps(config), encoding="utf-8")
        for first_seed, count, solved in ((50_000, 20, successes), (0, 100 * number, 90)):
            kept = KeptEvaluation(name, "ShelfPick", first_seed, count, solved, created=9000.0)
            database.add_evaluation(kept)
        chosen = KeptEvaluation(name, "ShelfPick", 300_000, 900, 900, "selection", created=9000.0)
        database.add_evaluation(chosen)
    return workspace


def test_the_command_and_the_report_give_the_same_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each policy has several evaluations and a file newer than all sessions."""
    workspace = recorded_workspace(tmp_path)
    assert LedgerVerb(workspace.path, json=True).run() == 0
    shown = json.loads(capsys.readouterr().out)
    curve = learning_curve(collect(workspace))
    assert [(entry["policy"], entry["success_rate"], entry["minutes"])
            for entry in shown["returns"]] == [("0001", 0.5, 1.5), ("0002", 0.75, 4.0)]  # fmt: skip
    assert [(point.policy.name, point.rate.value, point.driven_min + point.watched_min)
            for point in curve] == [("0001", 0.5, 1.5), ("0002", 0.75, 4.0)]  # fmt: skip
    assert [entry["interval95"] for entry in shown["returns"]] == [
        [point.rate.low, point.rate.high] for point in curve
    ]
