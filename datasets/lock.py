"""This module takes advisory file locks, which end with their process; forks do not keep them."""

import fcntl
import os
from pathlib import Path
from typing import Self

_held: set[int] = set()
"""Descriptors with a lock; a forked child closes them, or it would hold a dead parent's lock."""


def _close_in_child() -> None:
    """Close the locks that a fork has copied; the parent keeps its own."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_close_in_child)


def take(fd: int, wait: bool = False) -> bool:
    """Lock an open file for this process alone; False when another holds it."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    _held.add(fd)
    return True


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

    def acquire(self, wait: bool = False) -> bool:
        """Take the lock and write this process's number into the file; False when it is held."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if not take(fd, wait):
            os.close(fd)
            return False
        os.truncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd
        return True

    def owner(self) -> str:
        """The number of the holder's process, as it wrote it, or `unknown`."""
        return self.path.read_text().strip() or "unknown"

    def release(self) -> None:
        """Release the lock; a second time does nothing."""
        drop(self._fd)
        self._fd = -1

    def __enter__(self) -> Self:
        self.acquire(wait=True)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
