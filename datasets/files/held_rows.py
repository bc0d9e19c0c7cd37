"""Rows of a session wait in memory while another program has locked the database.

A session must neither stop nor end for a backup or a browser of databases. Whoever adds a row in
this process adds it here meanwhile, so that rows keep their order.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .sqlite_file import FileBusy, SqliteFile

LAST_WAIT_S, RETRY_S = 60.0, 1.0
"""How long the end of a session waits for the lock, and how often it tries."""
_log = logging.getLogger(__name__)


class HeldRows:
    """Rows that are to be written to one file, in their order; any thread may add them."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._rows: list[tuple[str, Sequence[Any]]] = []
        self._lock = threading.Lock()

    def add(self, statement: str, values: Sequence[Any]) -> int:
        """Write a row with those that wait; its number, 0 while the file is locked."""
        with self._lock:
            first = not self._rows
            self._rows.append((statement, values))
            try:
                return self._write()
            except FileBusy as error:
                if first:
                    _log.warning("%s by another program; what is stored waits until it ends", error)
                return 0

    def flush(self) -> None:
        """Write all rows, and wait for that; FileBusy after LAST_WAIT_S, with their number."""
        until = time.monotonic() + LAST_WAIT_S
        while self._rows:
            try:
                with self._lock:
                    self._write()
            except FileBusy as error:
                if time.monotonic() > until:
                    raise FileBusy(
                        f"{error} by another program; {len(self._rows)} rows of this session "
                        "(evidence, effort) are lost, its episodes are kept"
                    ) from error
                time.sleep(RETRY_S)

    def _write(self) -> int:
        number = 0
        with self._file.opened() as connection, connection:
            for statement, values in self._rows:
                number = int(connection.execute(statement, values).lastrowid or 0)
        self._rows.clear()
        return number


_held: dict[Path, HeldRows] = {}


def rows_held_of(path: Path) -> HeldRows | None:
    """Where rows of a file wait; None where nobody holds them, and they are written at once."""
    return _held.get(path.absolute())


@contextlib.contextmanager
def held_rows(file: SqliteFile) -> Iterator[None]:
    """Hold rows of a file while it is locked; at the end they are waited for."""
    place = file.path.absolute()
    if place in _held:
        yield
        return
    _held[place] = HeldRows(file)
    try:
        yield
    finally:
        _held.pop(place).flush()
