"""This module imports PyBullet with its greeting muted: the streams are for our own words alone.

The streams of a process are those of all its threads, so they are redirected here once, at the
import, and never again.
"""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator

STDOUT, STDERR = 1, 2


@contextlib.contextmanager
def muted(*descriptors: int) -> Iterator[None]:
    """Send what C code prints to the given file descriptors nowhere, while the block runs.

    One that is closed stays closed.
    """
    libc = ctypes.CDLL(None)
    if sys.stdout is not None:
        with contextlib.suppress(OSError, ValueError):  # closed, or nobody reads it any more
            sys.stdout.flush()
    libc.fflush(None)
    saved: dict[int, int] = {}
    try:
        with open(os.devnull, "wb") as sink:
            for descriptor in descriptors:
                with contextlib.suppress(OSError):  # this one is closed
                    saved[descriptor] = os.dup(descriptor)
                    os.dup2(sink.fileno(), descriptor)
        yield
    finally:
        libc.fflush(None)
        for descriptor, copy in saved.items():
            os.dup2(copy, descriptor)
            os.close(copy)


with muted(STDOUT, STDERR):
    import pybullet
    import pybullet_data

__all__ = ["pybullet", "pybullet_data"]
