"""This module imports PyBullet where it is first used, with its greeting muted.

The streams are for our own words alone. They are those of all threads of the process, so they are
redirected once, at the import, and never again. Who reads data or drives with a policy elsewhere
never simulates, and never loads the engine.
"""

import contextlib
import ctypes
import importlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

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


class _OnFirstUse:
    """Stands for a module, and takes over its names when the first of them is asked for."""

    _lock = threading.Lock()

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # whoever looks at all objects does not use the engine
            raise AttributeError(name)
        with self._lock:
            if name not in vars(self):
                with muted(STDOUT, STDERR):
                    vars(self).update(vars(importlib.import_module(self._module)))
        try:
            return vars(self)[name]
        except KeyError:
            raise AttributeError(f"{self._module} has no {name!r}") from None


pybullet: Any = _OnFirstUse("pybullet")
pybullet_data: Any = _OnFirstUse("pybullet_data")

__all__ = ["pybullet", "pybullet_data"]
