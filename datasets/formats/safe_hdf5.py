"""A file that HDF5 may write to until the disk is full, and beyond.

When a write fails inside HDF5 the library cannot close its file any more, and takes the process
down at exit. So it is handed this file, which remembers the first error and takes everything
after it without writing; whoever owns it looks at `check` and throws the file away.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from ..hdf5 import LIBVER


class CrashSafeFile(io.FileIO):
    """A file on the disk, whose writes never raise."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self.error: OSError | None = None

    def write(self, data: object, /) -> int:
        """Write all of it, or remember why not."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        done = 0
        try:
            while self.error is None and done < len(view):
                done += super().write(view[done:]) or 0
        except OSError as error:
            self.error = error
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        """Cut or lengthen the file, or remember why not."""
        try:
            if self.error is None:
                return super().truncate(size)
        except OSError as error:
            self.error = error
        return size or 0

    def check(self) -> None:
        """Raise what went wrong so far."""
        if self.error is not None:
            raise self.error


@contextmanager
def hdf5_file(path: Path) -> Iterator[tuple[h5py.File, Callable[[], None]]]:
    """Write a new HDF5 file; gives it with a function that raises once the disk is full."""
    with CrashSafeFile(path) as spool:
        with h5py.File(spool, "w", libver=LIBVER) as file:
            yield file, spool.check
        spool.check()
