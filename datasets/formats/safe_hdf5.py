"""`hdf5_file` opens an HDF5 file for writing that survives a full disk, for the export writers.

When a write fails inside HDF5, the library cannot close its file any more and crashes the process
at exit. So it writes to a `CrashSafeFile`, which keeps the first error and ignores later writes;
the caller calls `check` and discards the file.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from ..hdf5 import LIBVER


class CrashSafeFile(io.FileIO):
    """A file on the disk whose writes never raise."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self.error: OSError | None = None

    def write(self, data: object, /) -> int:
        """Write all of `data`, or keep the error."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        done = 0
        try:
            while self.error is None and done < len(view):
                done += super().write(view[done:]) or 0
        except OSError as error:
            self.error = error
        return len(view)

    def truncate(self, size: int | None = None, /) -> int:
        """Set the size of the file, or keep the error."""
        try:
            if self.error is None:
                return super().truncate(size)
        except OSError as error:
            self.error = error
        return size or 0

    def check(self) -> None:
        """Raise the first error, if there was one."""
        if self.error is not None:
            raise self.error


@contextmanager
def hdf5_file(path: Path) -> Iterator[tuple[h5py.File, Callable[[], None]]]:
    """Open a new HDF5 file; yield it and a function that raises the first write error."""
    with CrashSafeFile(path) as raw:
        with h5py.File(raw, "w", libver=LIBVER) as file:
            yield file, raw.check
        raw.check()
