import ast
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeGuard

import pytest

from sidestick.datasets.database import (
    Database,
    EffortEntry,
    EvaluationEntry,
    EventEntry,
    EventKind,
)
from sidestick.datasets.files.sqlite_file import FileReadOnly
from sidestick.datasets.judgements.judgements import Judgements
from sidestick.datasets.session_rows import session_rows
from sidestick.sim_envs.errors import BadValue, DamagedFile

ROOT = Path(__file__).parents[2]
ROOMS = ("sim_envs", "datasets", "policies", "teleop")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "sidestick.db")


def test_what_was_added_is_read_back_in_order(database: Database) -> None:
    """Every kind of row comes back as it was, payload included."""
    evaluations = [
        EvaluationEntry("0001", "ShelfPick", 1000, 100, 57, payload={"lengths": [1, 2], "é": None}),
        EvaluationEntry("0001", "ShelfPick", 1000, 100, 58, kind="selection", created=1.5),
    ]
    effort = EffortEntry(1, "correction", 12.5, 80.0, 7, 22)
    assert [database.add_evaluation(row) for row in evaluations] == [1, 2]
    database.add_effort(effort)
    assert database.evaluations() == evaluations
    assert database.efforts() == [effort]
    assert database.events() == []


def test_events_can_be_asked_for_by_kind(database: Database) -> None:
    """The log is one table, read in parts."""
    for kind in (EventKind.GATE, EventKind.LEVEL, EventKind.GATE):
        database.add_event(EventEntry(kind, {"n": kind}))
    assert [event.kind for event in database.events()] == ["gate", "level", "gate"]
    assert len(database.events(EventKind.GATE)) == 2


def test_a_kind_of_event_that_is_not_known_is_read_and_not_written(database: Database) -> None:
    """Events of another version are read; unknown kinds cannot be added."""
    database.copy_event(EventEntry("weather", {"rain": True}))
    assert [event.kind for event in database.events()] == ["weather"]
    assert database.events(EventKind.LEVEL) == []
    with pytest.raises(BadValue, match=r"on-trial.*'weather'"):
        database.add_event(EventEntry("weather"))


def test_every_kind_of_event_is_written_and_read_by_its_name() -> None:
    """Each kind is written somewhere, and no code spells one out as text."""
    written: set[str] = set()
    spelt: list[str] = []
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if _is_call(node)):
            name, first = ast.unparse(call.func), call.args[0]
            if name in ("EventEntry", "self._record") and isinstance(first, ast.Attribute):
                written.add(first.attr)
            elif name in ("EventEntry", "add_event") or name.endswith(".events"):
                spelt += [f"{path}:{call.lineno}"] if isinstance(first, ast.Constant) else []
    assert written == set(EventKind.__members__)
    assert spelt == []


def _is_call(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and bool(node.args)


def test_a_database_that_was_never_written_to_is_empty(database: Database) -> None:
    """Reading makes no file."""
    assert database.evaluations() == []
    assert not database.path.exists()


def test_several_writers_lose_nothing(database: Database) -> None:
    """Workers that write at the same time wait for each other."""
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda n: database.add_event(EventEntry(EventKind.TRIAL, {"n": n})), range(80))
        )
    assert sorted(event.payload["n"] for event in database.events()) == list(range(80))


def test_a_busy_file_is_opened_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SQLite says "busy" without waiting, as while a file is made, the writer waits."""
    other = sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: connect(path, timeout=0.0))
    release = threading.Timer(0.3, other.close)
    release.start()
    database.add_event(EventEntry(EventKind.TRIAL, {"n": 1}))
    release.join()
    assert [event.payload["n"] for event in database.events()] == [1]


def test_a_file_that_stays_busy_is_named(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is limited; then the error names the file."""
    monkeypatch.setattr("sidestick.datasets.files.sqlite_file.BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DamagedFile, match=r"sidestick.db: database is locked"):
            database.add_event(EventEntry(EventKind.TRIAL))


def test_a_session_goes_on_while_another_program_writes(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows wait in memory in their order; reading goes on, also of tables that are not made yet."""
    database.add_event(EventEntry(EventKind.TRIAL, {"n": 0}))
    monkeypatch.setattr("sidestick.datasets.session_rows.SESSION_BUSY_S", 0.05)
    monkeypatch.setattr("sidestick.datasets.files.held_rows.RETRY_S", 0.05)
    other = sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    with session_rows(database.path), session_rows(database.path):
        other.execute("BEGIN IMMEDIATE")
        database.add_event(EventEntry(EventKind.TRIAL, {"n": 1}))
        database.add_effort(EffortEntry(0, "demonstration", 60.0, 0.0, 0, 10))
        assert [event.payload["n"] for event in database.events()] == [0]
        assert not Judgements(database.path).all()
        assert "by another program" in caplog.text
        release = threading.Timer(0.3, other.close)
        release.start()
    assert [event.payload["n"] for event in database.events()] == [0, 1]
    assert [effort.driven_s for effort in database.efforts()] == [60.0]
    release.join()


def test_a_lock_that_stays_to_the_end_of_a_session_is_told_of(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is limited; the error says how many rows are lost."""
    monkeypatch.setattr("sidestick.datasets.session_rows.SESSION_BUSY_S", 0.05)
    monkeypatch.setattr("sidestick.datasets.files.held_rows.LAST_WAIT_S", 0.1)
    monkeypatch.setattr("sidestick.datasets.files.held_rows.RETRY_S", 0.05)
    database.add_event(EventEntry(EventKind.TRIAL))
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(DamagedFile, match="1 rows of this session"),
            session_rows(database.path),
        ):
            database.add_event(EventEntry(EventKind.TRIAL))
    database.add_event(EventEntry(EventKind.TRIAL))  # nothing is held any more
    assert len(database.events()) == 2


def test_any_tool_can_read_it(database: Database) -> None:
    """It is plain SQLite in write-ahead mode."""
    database.add_effort(EffortEntry(0, "demonstration", 60.0, 0.0, 0, 10))
    connection = sqlite3.connect(database.path)
    assert connection.execute("SELECT driven_s, episodes FROM effort").fetchall() == [(60.0, 10)]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_foreign_file_is_named(database: Database) -> None:
    """A file that is no database is refused by its path."""
    database.path.write_bytes(b"hello" * 1000)
    with pytest.raises(DamagedFile, match=r"sidestick.db"):
        database.events()


def test_what_cannot_be_written_is_not_lost_in_a_copy(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this user may only read, a killed session's file is read from a copy, and no more."""
    database.add_event(EventEntry(EventKind.TRIAL, {"n": 0}))
    monkeypatch.setattr("sidestick.datasets.files.sqlite_file.SqliteFile._writable", lambda _: 0)
    for ahead in (b"", b"x"):  # immutable, and with something written ahead
        database.path.with_name("sidestick.db-wal").write_bytes(ahead)
        with pytest.raises(FileReadOnly):
            database.add_event(EventEntry(EventKind.TRIAL, {"n": 1}))
        assert len(database.events()) == 1
