"""This module allocates the arrays of decoded frames: in memory, or in a memory-mapped file.

`frames.Frames` calls it; the file is used when an array would not fit into memory.
"""

import math
import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.errors import WorkspaceError
from ..sim_envs.free_memory import free_memory
from .files.plain_log import plain_log

SHARE = 0.5
"""Largest share of the free memory that one array may take."""
SMALL_BYTES = 64 * 2**20
"""Smaller arrays are never put into a file."""
FOLDER = "cache"
"""Name of the folder of such files, below the workspace."""

_log = plain_log(__name__)


def allocate(
    shape: tuple[int, ...], dtype: np.dtype[Any], folder: Path | None, limit: int | None = None
) -> NDArray[Any]:
    """An uninitialised array of `shape`, in a file below `folder` when larger than `limit` bytes.

    The default limit is half of the free memory. Without a folder it is always in memory.
    """
    size = math.prod(shape) * dtype.itemsize
    if limit is None:
        limit = max(SMALL_BYTES, int(SHARE * free_memory()))
    if folder is None or size <= limit:
        return np.empty(shape, dtype)
    return np.ndarray(shape, dtype, _mapped(folder, size))


def _mapped(folder: Path, size: int) -> mmap.mmap:
    """Map a new unnamed file, which the kernel deletes when its last user ends.

    Its disk space is reserved now: a full disk is an error here, and would be a crash later.
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
