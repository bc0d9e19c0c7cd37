"""A workspace keeps what was run in it: `WS/sidestick.log`, and the options of runs in WS/history/.

Both are for people. Neither is ever a reason for a run to fail: on a full disk, or in a folder that
cannot be written to, they are left out.
"""

import contextlib
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from ...datasets.files.durable import replace_file
from ...datasets.files.plain_file import open_plain, own_folder
from ...datasets.files.plain_text import plain_text
from ...datasets.workspace_place import CONFIG_FILE
from ...sim_envs.errors import SidestickError

LOG, OLDER, HISTORY = "sidestick.log", "sidestick.log.1", "history"
MOST_LOG_BYTES = 2**20
"""A larger log becomes the older one, in whose place there was another: two of these at most."""
MOST_RUNS = 500
"""Files in HISTORY; the oldest are removed."""
OURS = "sidestick"
"""Root of the names of our loggers."""


class RunLog(logging.Handler):
    """Appends what Sidestick logs, and warnings of libraries, to the log of a workspace.

    A workspace that is yet to be made gets the lines when it is there.
    """

    def __init__(self, workspace: Path) -> None:
        super().__init__(logging.INFO)
        self._folder = workspace
        self._lines: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is for the log."""
        ours = record.name.split(".")[0] == OURS
        return super().filter(record) is not False and (ours or record.levelno >= logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Append a record as a line, or nothing where that cannot be done."""
        when = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        level = "" if record.levelno <= logging.INFO else f" {record.levelname.lower()}:"
        with contextlib.suppress(Exception):  # whatever it is, the run goes on
            said = plain_text(record.getMessage()).replace("\n", "\n  ")
            self._lines.append(f"{when} {os.getpid()}{level} {said}\n")
            if (self._folder / CONFIG_FILE).is_file():
                text, self._lines = "".join(self._lines), []
                _append(self._folder / LOG, text)


def _append(log: Path, text: str) -> None:
    """Append at once, as several processes may; OSError where that cannot be done."""
    file = open_plain(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        full = os.fstat(file).st_size > MOST_LOG_BYTES
        os.write(file, text.encode(errors="backslashreplace"))
    finally:
        os.close(file)
    if full:
        log.replace(log.with_name(OLDER))


def keep_options(workspace: Path, name: str, text: str) -> None:
    """Keep a run's options among those of the workspace, by time and name, if that can be done."""
    if not (workspace / CONFIG_FILE).is_file():
        return
    folder, stamp = workspace / HISTORY, datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    with contextlib.suppress(OSError, SidestickError):
        own_folder(folder)
        replace_file(folder / f"{stamp}-{name}", text.encode())
        for old in sorted(folder.glob("2*.toml"))[:-MOST_RUNS]:
            old.unlink()
