"""A `SqliteFile` opens the workspace's database for one operation, whoever made the file.

A stranger's schema is data too: its tables must be tables, its views and triggers are refused, and
no query may go on for ever or return a value of gigabytes.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from ...sim_envs.errors import DamagedFile
from .plain_file import bytes_of, require_no_link

BUSY_SECONDS = 10.0
"""How long a writer waits for another one."""
OPEN_AGAIN_SECONDS = 0.005
"""Delay before the file is opened again where SQLite itself does not wait."""
LONGEST_SECONDS = 30.0
"""Of one operation; reading a table of a million rows takes a few."""
CHECK_EVERY = 100_000
"""Instructions of SQLite's machine between two looks at the clock, some milliseconds."""
MOST_BYTES = 2**26
"""Largest value or row."""
SIDE_FILES = ("-wal", "-shm", "-journal")
STRANGE = "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index')"


class FileBusy(DamagedFile):
    """Another program has locked the file for longer than it was waited for."""


class FileReadOnly(DamagedFile):
    """The file, or its folder, cannot be written to by this user."""


class SqliteFile:
    """One SQLite file in write-ahead mode, with `tables`, SQL that makes those that are missing."""

    def __init__(self, path: Path, tables: str, busy_s: float | None = None) -> None:
        """Who writes waits for another writer for `busy_s`, BUSY_SECONDS unless given."""
        self.path, self._tables = path, tables
        self._busy_s = BUSY_SECONDS if busy_s is None else busy_s

    @contextmanager
    def opened(self, reading: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file for one operation; SQLite's errors become DamagedFile.

        For `reading` no table is made, so that it goes on while another program writes.
        """
        try:
            for place in (self.path, *self._side_files()):
                require_no_link(place)
            with self._connected(reading) as connection:
                yield connection
        except sqlite3.OperationalError as error:
            raise _kind_of(error)(f"{self.path}: {error}") from error
        except sqlite3.Error as error:
            raise DamagedFile(f"{self.path}: {error}") from error
        except OSError as error:
            raise DamagedFile(f"{error.filename or self.path}: {error.strerror}") from error

    def _side_files(self) -> list[Path]:
        return [Path(f"{self.path}{ending}") for ending in SIDE_FILES]

    @contextmanager
    def _connected(self, reading: bool) -> Iterator[sqlite3.Connection]:
        """A connection to the file, or to a copy of it where nothing can be written."""
        with ExitStack() as stack:
            if self._writable():
                connection = stack.enter_context(closing(self._open(reading)))
            else:
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                connection = stack.enter_context(closing(self._open_read_only(Path(folder))))
            yield connection

    def _writable(self) -> bool:
        places = [place for place in (self.path.parent, self.path) if place.exists()]
        return all(os.access(place, os.W_OK) for place in places)

    def _open_read_only(self, folder: Path) -> sqlite3.Connection:
        """Open the file immutable, without side files.

        What a killed session has only written ahead is not in the file yet: then a copy of both is
        opened.
        """
        ahead = self._side_files()[0]
        if not bytes_of(ahead):
            address = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
            return _guarded(sqlite3.connect(address, uri=True))
        for place in (self.path, ahead):
            shutil.copyfile(place, folder / place.name)
        connection = _guarded(sqlite3.connect(folder / self.path.name))
        connection.execute("PRAGMA query_only = ON")  # what is written to a copy would be lost
        return connection

    def _open(self, reading: bool) -> sqlite3.Connection:
        """Open the file, and wait where SQLite does not.

        While another process turns write-ahead mode on, or cleans up as the last one to close,
        SQLite returns "busy" at once, whatever the time-out: so opening is retried.
        """
        deadline = time.monotonic() + self._busy_s
        while True:
            try:
                return self._open_once(reading)
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            time.sleep(OPEN_AGAIN_SECONDS)

    def _open_once(self, reading: bool) -> sqlite3.Connection:
        """Open the file, to write in write-ahead mode and with its missing tables made."""
        connection = _guarded(sqlite3.connect(self.path, timeout=self._busy_s))
        if reading:
            return connection
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(self._tables)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether the file has a table; one that nobody has written to since may lack a newer one."""
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,))
    return found.fetchone() is not None


def _guarded(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A connection that trusts nothing in the file; DatabaseError for views and triggers in it."""
    deadline = time.monotonic() + LONGEST_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, CHECK_EVERY)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
    connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        if found := connection.execute(STRANGE).fetchone():
            raise sqlite3.DatabaseError(f"holds a {found[0]}, {found[1]!r}; ours has tables alone")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _kind_of(error: sqlite3.OperationalError) -> type[DamagedFile]:
    """The class of errors that says what a caller can do."""
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY:
        return FileReadOnly
    return FileBusy if _is_busy(error) else DamagedFile


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another process holds a lock, by SQLite's primary result code."""
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
