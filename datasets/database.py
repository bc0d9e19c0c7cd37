"""This module stores evaluations, operator effort and events in sidestick.db, a SQLite file.

The tables are append-only; sessions, evaluations, merge and import add rows, reports read them.
"""

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
"""Delay before the file is opened again where SQLite itself does not wait."""

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
    """A policy's successes over consecutive seeds."""

    policy: str
    task: str
    first_seed: int
    episodes: int
    successes: int
    kind: str = "evaluation"
    """Its purpose, such as `evaluation` or `selection`."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Further JSON-compatible details."""
    created: float = field(default_factory=time.time)
    """time.time(), s."""


@dataclass(frozen=True)
class EffortEntry:
    """Operator time spent on a round of episodes."""

    round: int
    """0 for the first demonstrations, then 1, 2, ..."""
    kind: str
    """Such as `demonstration`, `correction` or `practice`."""
    driven_s: float
    """Time that the operator drove, s."""
    watched_s: float
    """Time that the operator had to watch while the policy drove, s."""
    takeovers: int
    episodes: int
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Further JSON-compatible details."""
    created: float = field(default_factory=time.time)
    """time.time(), s."""


class EventKind(StrEnum):
    """Kinds of events; the values are stored in the file."""

    LEVEL = "level"
    """A policy was promoted or demoted, or the operator overrode its level."""
    ON_TRIAL = "on-trial"
    """An episode starts that will count as evidence for the ladder."""
    DRIVING = "driving"
    """An episode starts that costs the operator time; see `effort_ledger.EpisodeBegun`."""
    TRIAL = "trial"
    """An episode ended and counts as evidence for the ladder."""
    GATE = "gate"
    """A candidate passed the gate, or was refused."""
    GATE_SEEDS = "gate-seeds"
    """The gate is about to compare policies on `seeds` (first, count); no later ruling may."""
    SWAP = "swap"
    """The active policy was switched."""
    SET_ASIDE = "set-aside"
    """A policy shall not drive unasked any more, by name or by going back at the window."""
    PIN = "pin"
    """A policy shall drive, whatever else is there."""
    UNPIN = "unpin"
    """The newest policy that the gate accepts shall drive again."""
    RESTORE = "restore"
    """A policy that was set aside or removed may be chosen again."""
    REMOVE = "remove"
    """A policy was moved out of use."""
    COMPARISON = "comparison"
    """Two policies were compared on the same seeds."""
    MERGE = "merge"
    """`episodes` came from the workspace `origin`."""
    IMPORT = "import"
    """`episodes` came from the file or folder `origin`."""
    MISSING = "missing"
    """That many `episodes` of the ledger have no file any more, and this was reported."""


@dataclass(frozen=True)
class EventEntry:
    """An event with its evidence."""

    kind: str
    """An `EventKind`; a file of another version may hold a kind that this one does not know."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """The evidence, JSON-compatible."""
    created: float = field(default_factory=time.time)
    """time.time(), s."""


Row = TypeVar("Row", EvaluationEntry, EffortEntry, EventEntry)


class Database:
    """The workspace's sidestick.db; made at the first write, safe for several processes."""

    tables: ClassVar[str] = _TABLES
    """SQL that makes the missing tables."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def add_evaluation(self, evaluation: EvaluationEntry) -> int:
        """Add an evaluation; return its number."""
        return self._add("evaluations", evaluation)

    def evaluations(self) -> list[EvaluationEntry]:
        """All evaluations in the order they were added."""
        return self._all("evaluations", EvaluationEntry)

    def add_effort(self, effort: EffortEntry) -> int:
        """Add to the ledger of operator effort; return the entry's number."""
        return self._add("effort", effort)

    def efforts(self) -> list[EffortEntry]:
        """The ledger of operator effort, in the order it was written."""
        return self._all("effort", EffortEntry)

    def add_event(self, event: EventEntry) -> int:
        """Add an event of a known kind; return its number."""
        if event.kind not in tuple(EventKind):
            raise BadValue("kind of event", f"one of {', '.join(EventKind)}", repr(event.kind))
        return self._add("events", event)

    def copy_event(self, event: EventEntry) -> int:
        """Add an event read from another database, of any kind; return its number."""
        return self._add("events", event)

    def events(self, kind: EventKind | None = None) -> list[EventEntry]:
        """The events, or those of one kind, in the order they were added."""
        return [event for event in self._all("events", EventEntry) if kind in (None, event.kind)]

    def problems(self) -> list[str]:
        """What SQLite's quick_check reports of the file; empty without a file."""
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
        """Open the file for one operation; SQLite's errors become DamagedFile."""
        try:
            with closing(self._open()) as connection:
                yield connection
        except sqlite3.Error as error:
            raise DamagedFile(f"{self.path}: {error}") from error

    def _open(self) -> sqlite3.Connection:
        """Open the file; in a read-only folder it is opened immutable, without side files.

        While another process turns write-ahead mode on, or cleans up as the last one to close,
        SQLite returns "busy" at once, whatever the time-out: so opening is retried.
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
        """Open the file in write-ahead mode and make its missing tables."""
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(self.tables)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another process holds a lock, by SQLite's primary result code."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
