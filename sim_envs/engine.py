"""PyBullet, imported without its greeting: standard output belongs to JSON alone."""

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_stdout() -> Iterator[None]:
    """Send what C code prints to file descriptor 1 nowhere, for as long as the block runs."""
    libc = ctypes.CDLL(None)
    sys.stdout.flush()
    libc.fflush(None)
    saved = os.dup(1)
    try:
        with open(os.devnull, "wb") as sink:
            os.dup2(sink.fileno(), 1)
        yield
    finally:
        libc.fflush(None)
        os.dup2(saved, 1)
        os.close(saved)


with quiet_stdout():
    import pybullet
    import pybullet_data

__all__ = ["pybullet", "pybullet_data", "quiet_stdout"]
