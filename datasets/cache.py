"""Room for many decoded frames: memory, or a memory-mapped file when they would not fit in it."""

import logging
import math
import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import WorkspaceError

SHARE = 0.5
"""Of the memory that is free, one array may take this much."""
SMALL_BYTES = 64 * 2**20
"""Smaller arrays are never put into a file."""
FOLDER = "cache"
"""Below the workspace."""

_log = logging.getLogger(__name__)


def allocate(
    shape: tuple[int, ...], dtype: np.dtype[Any], folder: Path | None, limit: int | None = None
) -> NDArray[Any]:
    """Return an empty array of `shape`, in a file below `folder` when it is larger than `limit`.

    Without a limit, half of the memory that is free decides. Without a folder it is memory.
    """
    size = math.prod(shape) * dtype.itemsize
    if limit is None:
        limit = max(SMALL_BYTES, int(SHARE * free_memory()))
    if folder is None or size <= limit:
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, _mapped(folder, size))


def free_memory() -> int:
    """Return how many bytes programs can have before the machine swaps."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _mapped(folder: Path, size: int) -> mmap.mmap:
    """Map a new file that is gone with its last user, however that one ends.

    It gets all its room now: a full disk is an error here, and would be a crash later.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, prefix="frames-") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            mapped = mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise WorkspaceError(
            f"{folder}: {size / 2**30:.1f} GiB of frames fit neither into memory nor here: {error}"
        ) from error
    _log.info("%.1f GiB of frames in a file below %s", size / 2**30, folder)
    return mapped
