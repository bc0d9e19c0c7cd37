"""A `Journal` is the append-only file of a running episode: records with length and CRC-32.

A record is three little-endian uint32, the length of what the CRC covers, the CRC-32 and the kind,
followed by its body. Disk space is reserved at the start, so the file ends in zeros: a length of
zero is the end. The bodies are opaque here; `journal_writer` and `journal_reading` know them.
"""

import errno
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import BadValue, RecordingError
from .files import lock
from .files.durable import sync_folder, temporary_of
from .files.plain_file import NO_LINK
from .files.plain_log import plain_log

HEAD = struct.Struct("<III")
KIND = struct.Struct("<I")
SYNC_SECONDS = 0.5
"""Interval of forcing appended records to disk; a power cut may lose this much."""
MOST_BYTES = 2**26
"""Largest record, so that a damaged length never makes a reader check gigabytes: a step of ten
cameras with 1024 x 1024 pixels takes half of it."""
TRIES = 3
"""How often a journal's file is made anew that a recovery took away while it had no name."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a disk says that has no room for a file."""
Buffer: TypeAlias = bytes | bytearray | memoryview

_log = plain_log(__name__)


class RecordKind(IntEnum):
    """Types of a record's body."""

    HEADER = 1
    LAYOUT = 2
    STEP = 3
    REWIND = 4
    FINAL = 5
    END = 6


class Record(NamedTuple):
    """The byte range of one complete record's body in a journal."""

    kind: int
    start: int
    stop: int


def frame(buffer: bytearray, kind: RecordKind) -> None:
    """Fill in the head of a record whose body already follows the space for it."""
    KIND.pack_into(buffer, HEAD.size - KIND.size, kind)
    covered = memoryview(buffer)[HEAD.size - KIND.size :]
    if len(covered) > MOST_BYTES:
        raise BadValue("record", f"at most {MOST_BYTES} bytes", len(covered))
    HEAD.pack_into(buffer, 0, len(covered), zlib.crc32(covered), kind)


class Journal:
    """A journal open for writing; locked until closed, and synced in the background."""

    def __init__(self, path: Path, reserve: int = 0) -> None:
        self.path = path
        self.end = 0
        self._fd = _locked_file(path, reserve)
        self._stop = threading.Event()
        self._sync = threading.Thread(target=self._keep_synced, name="journal-sync", daemon=True)
        self._sync.start()

    def append(self, kind: RecordKind, body: bytes) -> None:
        """Append one record; afterwards it survives the death of the process."""
        buffer = bytearray(HEAD.size) + body
        frame(buffer, kind)
        self.write(buffer)

    def write(self, record: Buffer) -> None:
        """Append a framed record; on an error truncate to the last complete one and raise."""
        view, done = memoryview(record), 0
        try:
            while done < len(view):
                wrote = os.pwrite(self._fd, view[done:], self.end + done)
                if wrote == 0:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                done += wrote
        except OSError as error:
            os.ftruncate(self._fd, self.end)
            raise RecordingError(
                f"{self.path}: cannot record further ({error.strerror}); "
                "everything recorded so far is kept: free some space, then save the episode"
            ) from error
        self.end += done

    def settle(self) -> None:
        """Stop syncing, cut off the unused space and force the file to disk; it stays locked."""
        if not self._stop.is_set():
            self._stop.set()
            self._sync.join()
            os.ftruncate(self._fd, self.end)
            os.fsync(self._fd)

    def close(self) -> None:
        """Settle and unlock; a second time does nothing."""
        self.settle()
        lock.drop(self._fd)

    def _keep_synced(self) -> None:
        """Force the folder entry, and then what was appended, to disk every half second."""
        try:
            sync_folder(self.path.parent)
            while not self._stop.wait(SYNC_SECONDS):
                getattr(os, "fdatasync", os.fsync)(self._fd)
        except OSError as error:
            _log.warning("%s: cannot sync to disk: %s", self.path, error)


def records(data: NDArray[np.uint8]) -> Iterator[Record]:
    """Yield the complete records in a journal's bytes, uint8[size], up to the first damaged one."""
    view, at = memoryview(data.data), 0
    while at + HEAD.size <= len(view):
        length, crc, kind = HEAD.unpack_from(view, at)
        stop = at + HEAD.size - KIND.size + length
        if not KIND.size <= length <= MOST_BYTES or stop > len(view):
            return
        if zlib.crc32(view[at + HEAD.size - KIND.size : stop]) != crc:
            return
        yield Record(kind, at + HEAD.size, stop)
        at = stop


def _locked_file(path: Path, reserve: int) -> int:
    """Make a journal's file: locked and with its space before it bears its name.

    Under its name a recovery may look at it at any moment, and takes away what nobody locks. One
    that clears up at this very moment may take away the nameless file: then another is made.
    """
    for _ in range(TRIES - 1):
        with suppress(BlockingIOError, FileNotFoundError):
            return _make_locked(path, reserve)
    return _make_locked(path, reserve)


def _make_locked(path: Path, reserve: int) -> int:
    """One attempt at a locked file; OSError, and nothing left, where it cannot be made."""
    making = temporary_of(path)
    fd = os.open(making, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | NO_LINK, 0o644)
    taken = False
    try:
        taken = lock.take(fd)
        if not taken:
            raise BlockingIOError(errno.EAGAIN, "another process locks it", str(making))
        _reserve(fd, reserve)
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        making.rename(path)
    except OSError as error:
        lock.drop(fd) if taken else os.close(fd)
        making.unlink(missing_ok=True)
        if error.errno not in FULL:
            raise
        raise RecordingError(
            f"{path}: no room on disk for an episode ({reserve / 2**20:.0f} MiB): {error}"
        ) from error
    return fd


def _reserve(fd: int, size: int) -> None:
    """Reserve disk space for the file where the file system can."""
    if size and hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(fd, 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
