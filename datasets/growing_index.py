"""A `GrowingIndex` renews a workspace's dataset.hdf5, by one link for each recorded episode."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..sim_envs.errors import DamagedFile
from .config import WorkspaceConfig
from .files.durable import left_temporaries
from .files.lock import FileLock
from .files.plain_file import remove
from .index import Index, extended, read_own_index, write_index
from .summary import EpisodeSummary

Stamp = tuple[int, int, int]
"""ns, bytes and inode of a file; another stamp means that somebody else wrote it."""


class GrowingIndex:
    """Renews an index; what it holds is remembered while no other process writes it."""

    def __init__(self, path: Path, lock: Path, config: WorkspaceConfig) -> None:
        self.path = path
        self._lock = lock
        self._config = config
        self._known: tuple[Stamp, Index] | None = None

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Let no other process renew it, and remove what killed ones left half-made."""
        with FileLock(self._lock):
            for left, _ in left_temporaries(self.path.parent, self.path.name):
                remove(left)
            yield

    def write(self, summaries: Sequence[EpisodeSummary]) -> None:
        """Replace the index, atomically, by one of these episodes."""
        index = write_index(self.path, summaries, self._config.env_args())
        self._known = (_stamp(self.path), index)

    def missing(self, files: Iterable[str]) -> list[str]:
        """The files, relative to the workspace, that the index does not link, by time.

        Raises DamagedFile where it cannot be read, or links a file that is not among them.
        """
        names, linked = set(files), self._read().links
        if not names.issuperset(linked):
            raise DamagedFile(f"{self.path}: links episodes that are not there")
        return sorted(names.difference(linked))

    def add(self, new: Sequence[EpisodeSummary]) -> None:
        """Replace the index, atomically, by one that links these episodes too.

        Raises DamagedFile where it cannot be read.
        """
        if new:
            index = extended(self.path, self._read(), new, self._config.env_args())
            self._known = (_stamp(self.path), index)

    def _read(self) -> Index:
        """What it holds, from the file where that is not as it was left."""
        stamp = _stamp(self.path)
        if self._known is None or self._known[0] != stamp:
            self._known = (stamp, read_own_index(self.path, self._config.env_args()))
        return self._known[1]


def _stamp(path: Path) -> Stamp:
    """The stamp of a file as it is now; zeros where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return (status.st_mtime_ns, status.st_size, status.st_ino)
