"""`copied_database` gives a copy of a database to read: opening the file itself writes to it."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WRITTEN_AHEAD = "-wal"
"""SQLite's suffix of the file with what is not in the database's own file yet."""


@contextmanager
def copied_database(path: Path) -> Iterator[Path]:
    """Copy a database with what was written ahead into a folder for as long as it is read."""
    with tempfile.TemporaryDirectory(prefix="sidestick-") as folder:
        for part in (path, path.with_name(path.name + WRITTEN_AHEAD)):
            if part.is_file():
                with contextlib.suppress(FileNotFoundError):  # removed since
                    shutil.copyfile(part, Path(folder) / part.name)
        yield Path(folder) / path.name
