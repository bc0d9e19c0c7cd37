"""This module caches the keypoints of recorded episodes, in memory and as one .npy file each.

Training asks it instead of running perception again.
"""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ...datasets.files.plain_file import read_plain, require_own_folder
from ..base.json_files import write_bytes

Keypoints = NDArray[np.float32]
Shape = tuple[int, int, int, int]
"""Steps, cameras, classes, and the 6 or 10 numbers of a keypoint."""
DTYPE = np.dtype("<f4")
SUM_BYTES = 4
"""Of the checksum after the numbers: a file of zeros, as a power cut leaves, has none."""


class KeypointCache:
    """A cache by perception's fingerprint and episode id; damaged files are computed again."""

    def __init__(self, folder: Path | None) -> None:
        """WorkspaceError where the folder is a link: what is written there lands elsewhere."""
        if folder is not None:
            require_own_folder(folder)
        self._folder = folder
        self._memory: dict[tuple[str, str], Keypoints] = {}

    def get(
        self, fingerprint: str, episode: str, shape: Shape, look: Callable[[], Keypoints]
    ) -> Keypoints:
        """Keypoints of this shape of an episode, computed by `look` if absent."""
        key = (fingerprint, episode)
        known = self._memory.get(key)
        if known is None:
            known = self._read(key, shape)
        if known is None or known.shape != shape:
            known = look().astype(np.float32, copy=False)
            self._write(key, known)
        self._memory[key] = known
        return known

    def _path(self, key: tuple[str, str]) -> Path | None:
        return None if self._folder is None else self._folder / key[0] / f"{key[1]}.npy"

    def _read(self, key: tuple[str, str], shape: Shape) -> Keypoints | None:
        """What the file holds, if it is one of exactly this shape; else it is not looked into."""
        path, head = self._path(key), _head(shape)
        size = len(head) + DTYPE.itemsize * int(np.prod(shape)) + SUM_BYTES
        try:
            content = b"" if path is None else read_plain(path, size)
        except OSError:
            return None
        if len(content) != size or not content.startswith(head):
            return None
        body, sum_of_it = content[len(head) : -SUM_BYTES], content[-SUM_BYTES:]
        if sum_of_it != _sum(body):
            return None
        array = np.frombuffer(body, DTYPE).reshape(shape)
        return array.astype(np.float32) if np.isfinite(array).all() else None

    def _write(self, key: tuple[str, str], keypoints: Keypoints) -> None:
        path = self._path(key)
        if path is not None:
            require_own_folder(path.parent)
            body = keypoints.astype(DTYPE).tobytes()
            write_bytes(path, _head(keypoints.shape) + body + _sum(body))


def _sum(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(SUM_BYTES, "little")


def _head(shape: tuple[int, ...]) -> bytes:
    """What a .npy file of this shape begins with."""
    buffer = io.BytesIO()
    described = {"descr": DTYPE.str, "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(buffer, described)
    return buffer.getvalue()
