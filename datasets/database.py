"""This module stores evaluations, operator effort and events in sidestick.db, a SQLite file.

The tables are append-only; sessions, evaluations, merge and import add rows, reports read them.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from ..sim_envs.errors import BadValue
from .database_rows import Count, Moment, Number, Seconds, check_payload, row_payload
from .database_tables import TABLES
from .files.decoding import decoded
from .files.held_rows import rows_held_of
from .files.plain_log import plain_log
from .files.sqlite_file import SqliteFile, has_table


@dataclass(frozen=True)
class EvaluationEntry:
    """A policy's successes over consecutive seeds."""

    policy: str
    task: str
    first_seed: Number
    episodes: Count
    successes: Count
    kind: str = "evaluation"
    """Its purpose, such as `evaluation` or `selection`."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Further JSON-compatible details."""
    created: Moment = field(default_factory=time.time)
    """time.time(), s."""


@dataclass(frozen=True)
class EffortEntry:
    """Operator time spent on a round of episodes."""

    round: Number
    """0 for the first demonstrations, then 1, 2, ..."""
    kind: str
    """Such as `demonstration`, `correction` or `practice`."""
    driven_s: Seconds
    """Time that the operator drove, s."""
    watched_s: Seconds
    """Time that the operator had to watch while the policy drove, s."""
    takeovers: Count
    episodes: Count
    payload: Mapping[str, Any] = field(default_factory=dict)
    """Further JSON-compatible details."""
    created: Moment = field(default_factory=time.time)
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
    SWEEP = "sweep"
    """Heads and seeds were trained and driven; the payload is `learning.sweep.SweepReport`."""
    MERGE = "merge"
    """`episodes` came from the workspace `origin`."""
    IMPORT = "import"
    """`episodes` came from the file or folder `origin`."""
    REMOVE_EPISODES = "remove-episodes"
    """`episodes` were moved to the trash by `operator`."""
    RESTORE_EPISODES = "restore-episodes"
    """`episodes` were put back by `operator`."""
    GENERATED = "generated"
    """`episode` begins, which repeats demonstrations (`sources`) in the scene of `seed`."""
    NOT_GENERATED = "not-generated"
    """No repetition solved the scene of `seed`; it ended at `stage`."""
    SHIFT = "shift"
    """One person was at a fleet of arms; the payload is `fleet.shift.ShiftReport`."""
    MISSING = "missing"
    """That many `episodes` of the ledger have no file any more, and this was reported."""


@dataclass(frozen=True)
class EventEntry:
    """An event with its evidence."""

    kind: str
    """An `EventKind`; a file of another version may hold a kind that this one does not know."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """The evidence, JSON-compatible."""
    created: Moment = field(default_factory=time.time)
    """time.time(), s."""


Row = TypeVar("Row", EvaluationEntry, EffortEntry, EventEntry)
Made = TypeVar("Made")
_named: set[tuple[Path, str]] = set()
"""The rows that were logged: a table is read many times."""
_log = plain_log(__name__)


def _entry(kind: type[Row], names: Sequence[str], row: Sequence[Any]) -> Row:
    """A row as an entry; BadValue where it makes no sense."""
    values = dict(zip(names, row, strict=True))
    values["payload"] = row_payload(values["payload"])
    entry = decoded(values, kind, kind.__name__)
    check_payload(kind.__name__, str(values["kind"]), values["payload"])
    return entry


class Database:
    """The workspace's sidestick.db; made at the first write, safe for several processes."""

    tables: ClassVar[str] = TABLES
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
        """What SQLite's quick_check reports of the file, and every row that makes no sense."""
        if not self.path.exists():
            return []
        with self._connection(reading=True) as connection:
            found = connection.execute("PRAGMA quick_check").fetchall()
        return [
            *(str(reason) for (reason,) in found if reason != "ok"),
            *self._read("evaluations", EvaluationEntry)[1],
            *self._read("effort", EffortEntry)[1],
            *self._read("events", EventEntry)[1],
        ]

    def _add(self, table: str, row: EvaluationEntry | EffortEntry | EventEntry) -> int:
        """Insert one row; its columns are the dataclass's fields."""
        names = [f.name for f in fields(row)]
        values = [getattr(row, name) for name in names]
        values[names.index("payload")] = json.dumps(dict(row.payload), sort_keys=True)
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
        if (held := rows_held_of(self.path)) is not None:
            return held.add(statement, values)
        with self._connection() as connection, connection:
            return int(connection.execute(statement, values).lastrowid or 0)

    def _all(self, table: str, kind: type[Row]) -> list[Row]:
        """Read a table back; rows that make no sense are logged and passed over."""
        return self._sound(*self._read(table, kind))

    def _read(self, table: str, kind: type[Row]) -> tuple[list[Row], list[str]]:
        """The rows of a table that make sense, and what is wrong with the others."""
        if not self.path.exists():
            return [], []
        names = [f.name for f in fields(kind)]
        with self._connection(reading=True) as connection:
            if not has_table(connection, table):
                return [], []
            rows = connection.execute(f"SELECT id, {', '.join(names)} FROM {table} ORDER BY id")
            found = rows.fetchall()
        return self._decoded(table, found, lambda row: _entry(kind, names, row[1:]))

    def _decoded(
        self, table: str, rows: Sequence[Sequence[Any]], decode: Callable[[Sequence[Any]], Made]
    ) -> tuple[list[Made], list[str]]:
        """What `decode` makes of each row, whose first value is its number; and its errors."""
        made: list[Made] = []
        damaged: list[str] = []
        for row in rows:
            try:
                made.append(decode(row))
            except BadValue as error:
                damaged.append(f"row {row[0]} of {table}: {error}")
        return made, damaged

    def _sound(self, made: list[Made], damaged: list[str]) -> list[Made]:
        """What makes sense; the rest is logged, once in a process."""
        for reason in damaged:
            if (self.path, reason) not in _named:
                _named.add((self.path, reason))
                _log.warning("%s: %s; passed over", self.path, reason)
        return made

    @contextmanager
    def _connection(self, reading: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file for one operation; SQLite's errors become DamagedFile."""
        with SqliteFile(self.path, self.tables).opened(reading) as connection:
            yield connection
