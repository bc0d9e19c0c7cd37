"""This module takes advisory file locks, which end with their process; forks do not keep them."""

import fcntl
import os
import time
from pathlib import Path
from typing import Self

from .plain_file import open_plain, read_plain

WAIT_S = 60.0
"""How long a lock is waited for that another process holds for moments."""
POLL_S = 0.01
MOST_BYTES = 100
"""Of a lock's file, which holds the number of a process."""
_held: set[int] = set()
"""Descriptors with a lock; a forked child closes them, or it would hold a dead parent's lock."""


def _close_in_child() -> None:
    """Close the locks that a fork has copied; the parent keeps its own."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_close_in_child)


def take(fd: int) -> bool:
    """Lock an open file for this process alone; False when another holds it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    _held.add(fd)
    return True


def is_at(fd: int, path: Path) -> bool:
    """Whether an open file still lies under its name: it was not moved or removed since."""
    try:
        return os.path.samestat(os.fstat(fd), os.lstat(path))
    except FileNotFoundError:
        return False


def drop(fd: int) -> None:
    """Close a descriptor and with it its lock; a second time does nothing."""
    if fd in _held:
        _held.discard(fd)
        os.close(fd)


class FileLock:
    """One lock on one file, held from `acquire` to `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1

    def acquire(self) -> bool:
        """Take the lock and write this process's number into the file; False when it is held.

        OSError where the file is a link, or no plain file: it would be emptied.
        """
        fd = open_plain(self.path, os.O_RDWR | os.O_CREAT)
        if not take(fd):
            os.close(fd)
            return False
        os.truncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd
        return True

    def owner(self) -> str:
        """The number of the holder's process, as it wrote it, or `unknown`."""
        try:
            return read_plain(self.path, MOST_BYTES).decode().strip() or "unknown"
        except (OSError, ValueError):
            return "unknown"

    def release(self) -> None:
        """Release the lock; a second time does nothing."""
        drop(self._fd)
        self._fd = -1

    def __enter__(self) -> Self:
        """Wait for the lock; TimeoutError, an OSError, where another process keeps it."""
        deadline = time.monotonic() + WAIT_S
        while not self.acquire():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.path} is held by process {self.owner()}, which hangs")
            time.sleep(POLL_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
