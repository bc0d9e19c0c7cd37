"""`session_rows` lets a session go on while another program has locked the workspace's database."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from .database import Database
from .files.held_rows import held_rows
from .files.sqlite_file import SqliteFile

SESSION_BUSY_S = 0.5
"""A session waits no longer for a lock at one row: somebody may be at the stick."""


@contextlib.contextmanager
def session_rows(path: Path) -> Iterator[None]:
    """What this process adds to the database meanwhile waits in memory while it is locked.

    At the end it is written; FileBusy where the lock stays for a minute then. May be nested.
    """
    with held_rows(SqliteFile(path, Database.tables, SESSION_BUSY_S)):
        yield
