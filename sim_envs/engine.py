"""This module imports PyBullet with its greetings muted: standard output is for JSON alone."""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator

STDOUT, STDERR = 1, 2


@contextlib.contextmanager
def muted(*descriptors: int) -> Iterator[None]:
    """Send what C code prints to the given file descriptors nowhere, while the block runs."""
    libc = ctypes.CDLL(None)
    sys.stdout.flush()
    libc.fflush(None)
    saved = {descriptor: os.dup(descriptor) for descriptor in descriptors}
    try:
        with open(os.devnull, "wb") as sink:
            for descriptor in descriptors:
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

__all__ = ["STDOUT", "muted", "pybullet", "pybullet_data"]
