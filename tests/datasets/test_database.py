import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sidestick.datasets.database import Database, Effort, Evaluation, Event
from sidestick.sim_envs.errors import DamagedFile


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "sidestick.db")


def test_what_was_added_is_read_back_in_order(database: Database) -> None:
    """Every kind of row comes back as it was, payload included."""
    evaluations = [
        Evaluation("0001", "ShelfPick", 1000, 100, 57, payload={"lengths": [1, 2], "é": None}),
        Evaluation("0001", "ShelfPick", 1000, 100, 58, kind="selection", created=1.5),
    ]
    effort = Effort(1, "correction", 12.5, 80.0, 7, 22)
    assert [database.add_evaluation(row) for row in evaluations] == [1, 2]
    database.add_effort(effort)
    assert database.evaluations() == evaluations
    assert database.efforts() == [effort]
    assert database.events() == []


def test_events_can_be_asked_for_by_kind(database: Database) -> None:
    """The log is one table, read in parts."""
    for kind in ("stage", "level", "stage"):
        database.add_event(Event(kind, {"n": kind}))
    assert [event.kind for event in database.events()] == ["stage", "level", "stage"]
    assert len(database.events("stage")) == 2


def test_a_database_that_was_never_written_to_is_empty(database: Database) -> None:
    """Reading makes no file."""
    assert database.evaluations() == []
    assert not database.path.exists()


def test_several_writers_lose_nothing(database: Database) -> None:
    """Workers that write at the same time wait for each other."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: database.add_event(Event("tick", {"n": n})), range(80)))
    assert sorted(event.payload["n"] for event in database.events()) == list(range(80))


def test_a_busy_file_is_opened_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where SQLite says "busy" without waiting, as while a file is made, the writer waits."""
    other = sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: connect(path, timeout=0.0))
    release = threading.Timer(0.3, other.close)
    release.start()
    database.add_event(Event("tick", {"n": 1}))
    release.join()
    assert [event.payload["n"] for event in database.events()] == [1]


def test_a_file_that_stays_busy_is_named(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait has an end, and then the file is named."""
    monkeypatch.setattr("sidestick.datasets.database.BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DamagedFile, match=r"sidestick.db: database is locked"):
            database.add_event(Event("tick"))


def test_any_tool_can_read_it(database: Database) -> None:
    """It is plain SQLite in write-ahead mode."""
    database.add_effort(Effort(0, "demonstration", 60.0, 0.0, 0, 10))
    connection = sqlite3.connect(database.path)
    assert connection.execute("SELECT driven_s, episodes FROM effort").fetchall() == [(60.0, 10)]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_foreign_file_is_named(database: Database) -> None:
    """A file that is no database is refused with its name."""
    database.path.write_bytes(b"hello" * 1000)
    with pytest.raises(DamagedFile, match=r"sidestick.db"):
        database.events()
