"""These tests put rows and schemas of strangers into a database: named, passed over, never run."""

import json
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidestick.datasets.checking.check import check
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.database import Database, EffortEntry, EventEntry, EventKind
from sidestick.datasets.files import sqlite_file
from sidestick.datasets.judgements.judgement_state import TrainingSelection, resolved_by_episode
from sidestick.datasets.judgements.judgements import Judge, Judgements
from sidestick.datasets.merge import merge
from sidestick.datasets.tables.history_tables import (
    comparisons,
    efforts,
    evaluations,
    events,
    outcomes,
)
from sidestick.datasets.tables.history_tables import ladder as ladder_table
from sidestick.datasets.tables.listing import listing
from sidestick.datasets.workspace import Workspace
from sidestick.sim_envs.errors import DamagedFile
from tests.synthetic import made_up_episode

SIZE = 8
STEM = "20250101T000000-00000000"
ODD: list[Any] = [
    None, 5, -1, 10**18, 1.5, True, "", "x", "\x1b[2J", "[/x]", [], [1], {}, {"a": 1}, [None],
    [[1]],
]  # fmt: skip
ODD_TEXT = [
    "", "x", "[]", "5", "null", '"x"', "{", "[" * 100_000, '{"a":' * 100_000, '{"a": 1' + "0" * 5000
    + "}", '{"a": "\\ud800"}', b"\xff\xfe", None,
]  # fmt: skip
"""Payloads that are no JSON objects, too deep, too long, or no Unicode."""
KEYS = [
    "episode", "episodes", "policy", "before", "after", "why", "evidence", "audited", "a", "b",
    "pairs", "blind", "verdict", "p_value", "interval", "origin", "successes", "failed_seeds",
    "takeover_s", "per_episode", "tag", "quality", "reasons", "text", "stage", "of", "grade",
    "actions", "executed", "camera", "item", "x", "y", "counted",
]  # fmt: skip
JUDGEMENTS = (
    "verdict", "quality", "reason", "stage", "trim", "bad", "tag", "undo", "prediction", "click",
    "nonsense",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test sees each row named for the first time."""
    monkeypatch.setattr("sidestick.datasets.database._named", set())


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made(tmp_path / "ws")


def made(path: Path) -> Workspace:
    """A workspace with one episode, one judgement and one row of each kind."""
    workspace = Workspace.create(path, WorkspaceConfig("ShelfPick", image_size=SIZE))
    episode = made_up_episode([-1] * 6, image_size=SIZE, episode_id=STEM)
    episode.write(workspace.episodes_dir / f"{STEM}.hdf5")
    workspace.rebuild_index()
    database = Database(workspace.db_path)
    database.add_effort(EffortEntry(0, "demonstration", 1.0, 1.0, 0, 1, {"successes": 1}))
    database.add_event(EventEntry(EventKind.LEVEL, {"before": 0, "after": 1, "why": "earned"}))
    Judge(workspace, "ada").say(STEM, "verdict", verdict="failure")
    return workspace


def add_rows(workspace: Workspace, table: str, rows: list[dict[str, object]]) -> None:
    """Add rows as another program would."""
    with closing(sqlite3.connect(workspace.db_path)) as connection, connection:
        for row in rows:
            marks = ", ".join("?" * len(row))
            statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
            connection.execute(statement, [*row.values()])


def judgement(kind: object, payload: object, **more: object) -> dict[str, object]:
    """A row of the table of judgements."""
    row = {"created": 1.0, "operator": "eve", "episode": STEM, "kind": kind, "payload": payload}
    return {**row, "start": 1, "stop": 3, **more}


def payloads() -> list[object]:
    """Every text that is no payload, and every odd value under every key."""
    named = [json.dumps({key: value}) for key in KEYS for value in ODD]
    return [text for text in ODD_TEXT if text is not None] + named


def read_everything(workspace: Workspace) -> None:
    """What every verb does with a database."""
    judgements = Judgements(workspace.db_path)
    resolved_by_episode(judgements)
    TrainingSelection.of(judgements, workspace.summaries()).examples()
    listing(workspace)
    for table in (comparisons, efforts, evaluations, events, ladder_table, outcomes):
        table(workspace)
    check(workspace)
    target = workspace.path.with_name("merged")
    shutil.rmtree(target, ignore_errors=True)
    merge([workspace.path], target)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("trim", {}), ("verdict", {}), ("tag", {"tag": [1]}), ("undo", {}), ("quality", [])],
)
def test_a_judgement_that_makes_no_sense_is_named_and_passed_over(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, kind: str, payload: object
) -> None:
    """The ones before and behind it hold; check names it, and the log says it once."""
    add_rows(workspace, "judgements", [judgement(kind, json.dumps(payload), start=None, stop=None)])
    Judge(workspace, "ada").say(STEM, "tag", tag="good")
    with caplog.at_level(logging.WARNING):
        read_everything(workspace)
        read_everything(workspace)
    (state,) = resolved_by_episode(Judgements(workspace.db_path)).values()
    assert (state.success, state.tags) == (False, ("good",))
    (problem,) = check(workspace).damaged
    assert problem.file == "sidestick.db"
    assert problem.reason.startswith("row 2 of judgements: ")
    ours = [r for r in caplog.records if str(workspace.db_path) in r.getMessage()]
    assert len(ours) == 1


@pytest.mark.parametrize("kind", JUDGEMENTS)
def test_no_judgement_of_a_kind_stops_a_verb(workspace: Workspace, kind: str) -> None:
    """Every odd value under every key, and in every column."""
    rows = [judgement(kind, payload) for payload in payloads()]
    columns = ("created", "operator", "episode", "kind", "start", "stop")
    values = ("x", "", -5, 1e300, 2**62, b"\xff")
    rows += [judgement(kind, "{}") | {c: value} for c in columns for value in values]
    for actions in ([5], [["x"]], [[10**400] * 7], [None], {"a": 1}):
        text = json.dumps({"grade": "accept", "actions": actions})
        rows.append(judgement("prediction", text))
    add_rows(workspace, "judgements", rows)
    read_everything(workspace)


@pytest.mark.parametrize("kind", [*EventKind, "of another version"])
def test_no_event_of_a_kind_stops_a_verb(workspace: Workspace, kind: str) -> None:
    """A kind that another version knows is kept as it is; what is known has its type."""
    rows: list[dict[str, object]] = [
        {"created": 1.0, "kind": kind, "payload": payload} for payload in payloads()
    ]
    moments = ("x", -1.0, 1e300, b"\xff")
    rows += [{"created": moment, "kind": kind, "payload": "{}"} for moment in moments]
    add_rows(workspace, "events", rows)
    read_everything(workspace)


def test_no_entry_of_the_ledger_or_evaluation_stops_a_verb(workspace: Workspace) -> None:
    effort = ["created", "round", "kind", "driven_s", "watched_s", "takeovers", "episodes"]
    evaluation = ["created", "policy", "task", "first_seed", "episodes", "successes", "kind"]
    for table, columns in (("effort", effort), ("evaluations", evaluation)):
        right: dict[str, object] = dict.fromkeys(columns, 1)
        right |= {key: "w" for key in ("kind", "policy", "task") if key in columns}
        rows = [{**right, "payload": payload} for payload in payloads()]
        values = ("x", -1, 1e300, 2**62, b"\xff", float("inf"))
        rows += [{**right, c: value, "payload": "{}"} for c in columns for value in values]
        add_rows(workspace, table, rows)
    read_everything(workspace)


@settings(max_examples=25, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_json_under_any_key_is_read_or_named(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    workspace = made(tmp_path_factory.mktemp("rows") / "ws")
    texts = [json.dumps({key: value}) for key in KEYS]
    add_rows(workspace, "judgements", [judgement("verdict", text) for text in texts])
    level = [{"created": 1.0, "kind": "level", "payload": text} for text in texts]
    add_rows(workspace, "events", level)
    read_everything(workspace)


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"


def test_a_view_in_place_of_a_table_is_refused(workspace: Workspace) -> None:
    """However long it would take to read."""
    with closing(sqlite3.connect(workspace.db_path)) as connection:
        connection.executescript(
            f"DROP TABLE events; CREATE VIEW events AS {ENDLESS} SELECT x AS id, 1.0 AS created, "
            "'x' AS kind, '{}' AS payload FROM n WHERE x < 0;"
        )
    for act in (Database.events, Database.problems, Database.efforts):
        with pytest.raises(DamagedFile, match="holds a view"):
            act(Database(workspace.db_path))
    assert "holds a view" in check(workspace).damaged[0].reason


def test_a_trigger_is_refused(workspace: Workspace) -> None:
    """What a stranger wants to happen at our writing does not."""
    with closing(sqlite3.connect(workspace.db_path)) as connection:
        connection.executescript(
            "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM judgements; END;"
        )
    with pytest.raises(DamagedFile, match="holds a trigger"):
        Database(workspace.db_path).add_event(EventEntry(EventKind.SWAP))


def test_an_endless_query_is_stopped(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "LONGEST_SECONDS", 0.2)
    with (
        pytest.raises(DamagedFile, match="interrupted"),
        Judgements(workspace.db_path)._connection() as connection,
    ):
        connection.execute(f"{ENDLESS} SELECT count(*) FROM n").fetchall()


def test_a_value_of_gigabytes_is_not_made(workspace: Workspace) -> None:
    with (
        pytest.raises(DamagedFile, match="too big"),
        Judgements(workspace.db_path)._connection() as connection,
    ):
        connection.execute("SELECT length(randomblob(1000000000))").fetchall()


def test_what_was_written_ahead_is_seen_where_nothing_can_be_written(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session was killed, and the disk is read-only now: its last events are there."""
    script = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("INSERT INTO events (created, kind, payload) VALUES (9.0, 'swap', '{}')")
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run([sys.executable, "-c", script, str(workspace.db_path)], check=False)
    assert ran.returncode == -signal.SIGKILL
    before = {path.name: path.read_bytes() for path in workspace.path.glob("sidestick.db*")}
    assert "sidestick.db-wal" in before
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    assert Database(workspace.db_path).events(EventKind.SWAP)
    after = {path.name: path.read_bytes() for path in workspace.path.glob("sidestick.db*")}
    assert after == before
