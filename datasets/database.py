"""What is known beside the episodes, in SQLite: evaluations, effort, events; only added to."""

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from ..sim_envs.errors import BadValue, DamagedFile

BUSY_SECONDS = 10.0
"""How long a writer waits for another one."""

OPEN_AGAIN_SECONDS = 0.005
"""How long until the file is opened again where SQLite itself does not wait."""

_TABLES = """
CREATE TABLE IF NOT EXISTS evaluations (
    id INTEGER PRIMARY KEY, created REAL NOT NULL, policy TEXT NOT NULL, task TEXT NOT NULL,
    first_seed INTEGER NOT NULL, episodes INTEGER NOT NULL, successes INTEGER NOT NULL,
    kind TEXT NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS effort (
    id INTEGER PRIMARY KEY, created REAL NOT NULL, round INTEGER NOT NULL, kind TEXT NOT NULL,
    driven_s REAL NOT NULL, watched_s REAL NOT NULL, takeovers INTEGER NOT NULL,
    episodes INTEGER NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY, created REAL NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL);
"""


@dataclass(frozen=True)
class EvaluationEntry:
    """A policy's success over a run of seeds."""

    policy: str
    task: str
    first_seed: int
    episodes: int
    successes: int
    kind: str = "evaluation"
    """What it was for, such as `evaluation` or `selection`."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else is worth keeping, as JSON takes it."""
    created: float = field(default_factory=time.time)
    """time.time(), s."""


@dataclass(frozen=True)
class EffortEntry:
    """What a round of episodes cost the human."""

    round: int
    """0 for the first demonstrations, then 1, 2, ..."""
    kind: str
    """Such as `demonstration`, `correction` or `practice`."""
    driven_s: float
    """Time that the human drove, s."""
    watched_s: float
    """Time that the human had to watch while the policy drove, s."""
    takeovers: int
    episodes: int
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else is worth keeping, as JSON takes it."""
    created: float = field(default_factory=time.time)
    """time.time(), s."""


class EventKind(StrEnum):
    """What an event is about; the values are what stands in the file."""

    LEVEL = "level"
    """A policy was promoted or demoted, or the operator overrode its level."""
    ON_TRIAL = "on-trial"
    """An episode begins that shall be evidence for the ladder."""
    TRIAL = "trial"
    """An episode ended and is evidence for the ladder."""
    GATE = "gate"
    """A candidate passed the gate, or was refused."""
    SWAP = "swap"
    """Another policy drives from now on."""
    SET_ASIDE = "set-aside"
    """The operator went back to the policy before."""
    COMPARISON = "comparison"
    """Two policies were compared on the same seeds."""
    MERGE = "merge"
    """`episodes` came from the workspace `origin`."""
    IMPORT = "import"
    """`episodes` came from the file or folder `origin`."""
    MISSING = "missing"
    """So many `episodes` of the ledger are gone, and that has been told."""


@dataclass(frozen=True)
class EventEntry:
    """Something that happened, with its evidence."""

    kind: str
    """An `EventKind`; in a file of another version it may be a word that this one does not know."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """The evidence, as JSON takes it."""
    created: float = field(default_factory=time.time)
    """time.time(), s."""


Row = TypeVar("Row", EvaluationEntry, EffortEntry, EventEntry)


class Database:
    """The workspace's sidestick.db; made when first written to, safe for several processes."""

    tables: ClassVar[str] = _TABLES
    """The SQL that makes the tables where they are missing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add_evaluation(self, evaluation: EvaluationEntry) -> int:
        """Add an evaluation; return its number."""
        return self._add("evaluations", evaluation)

    def evaluations(self) -> list[EvaluationEntry]:
        """Return all evaluations in the order they were added."""
        return self._all("evaluations", EvaluationEntry)

    def add_effort(self, effort: EffortEntry) -> int:
        """Add to the ledger of human effort; return the entry's number."""
        return self._add("effort", effort)

    def efforts(self) -> list[EffortEntry]:
        """Return the ledger in the order it was written."""
        return self._all("effort", EffortEntry)

    def add_event(self, event: EventEntry) -> int:
        """Add an event of a known kind; return its number."""
        if event.kind not in tuple(EventKind):
            raise BadValue("kind of event", f"one of {', '.join(EventKind)}", repr(event.kind))
        return self._add("events", event)

    def copy_event(self, event: EventEntry) -> int:
        """Add an event that was read from another database, of whatever kind; return its number."""
        return self._add("events", event)

    def events(self, kind: EventKind | None = None) -> list[EventEntry]:
        """Return the events, or those of one kind, in the order they were added."""
        return [event for event in self._all("events", EventEntry) if kind in (None, event.kind)]

    def problems(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing for one that is not there."""
        if not self.path.exists():
            return []
        with self._connection() as connection:
            found = connection.execute("PRAGMA quick_check").fetchall()
        return [str(reason) for (reason,) in found if reason != "ok"]

    def _add(self, table: str, row: EvaluationEntry | EffortEntry | EventEntry) -> int:
        """Insert one row; its columns are the dataclass's fields."""
        names = [f.name for f in fields(row)]
        values = [getattr(row, name) for name in names]
        values[names.index("payload")] = json.dumps(dict(row.payload), sort_keys=True)
        marks = ", ".join("?" * len(names))
        with self._connection() as connection, connection:
            cursor = connection.execute(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", values
            )
        return int(cursor.lastrowid or 0)

    def _all(self, table: str, kind: type[Row]) -> list[Row]:
        """Read a table back."""
        if not self.path.exists():
            return []
        names = [f.name for f in fields(kind)]
        with self._connection() as connection:
            rows = connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY id")
            found = [dict(zip(names, row, strict=True)) for row in rows]
        return [kind(**{**row, "payload": json.loads(row["payload"])}) for row in found]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one task; what is wrong with it becomes a DamagedFile."""
        try:
            with closing(self._open()) as connection:
                yield connection
        except sqlite3.Error as error:
            raise DamagedFile(f"{self.path}: {error}") from error

    def _open(self) -> sqlite3.Connection:
        """Open the file; on a disk that cannot be written to it is read as it lies there.

        While another process turns write-ahead mode on, or cleans up as the last one to close,
        SQLite says "busy" at once, whatever the time-out: it is asked again until that is over.
        """
        if not os.access(self.path.parent, os.W_OK):
            address = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
            return sqlite3.connect(address, uri=True)
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return self._open_once()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            time.sleep(OPEN_AGAIN_SECONDS)

    def _open_once(self) -> sqlite3.Connection:
        """Open the file in write-ahead mode with all of its tables."""
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(self.tables)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Tell whether another process is in the way, from SQLite's primary result code."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
