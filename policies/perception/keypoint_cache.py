"""This module caches the keypoints of recorded episodes, in memory and as one .npy file each.

Training asks it instead of running perception again.
"""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..base.checkpoint import write_bytes
from .grasp_points import GRASP_NAMES
from .keypoints import KEYPOINT_SIZE

Keypoints = NDArray[np.float32]
SIZES = (KEYPOINT_SIZE, KEYPOINT_SIZE + len(GRASP_NAMES))
"""Numbers of a keypoint, without and with a grasp point."""


class KeypointCache:
    """A cache by perception's fingerprint and episode id; damaged files are computed again."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[tuple[str, str], Keypoints] = {}

    def get(
        self, fingerprint: str, episode: str, steps: int, look: Callable[[], Keypoints]
    ) -> Keypoints:
        """Keypoints (steps, cameras, K, 6 or 10) of an episode, computed by `look` if absent."""
        key = (fingerprint, episode)
        known = self._memory.get(key)
        if known is None:
            known = self._read(key)
        if known is None or len(known) != steps:
            known = look().astype(np.float32, copy=False)
            self._write(key, known)
        self._memory[key] = known
        return known

    def _path(self, key: tuple[str, str]) -> Path | None:
        return None if self._folder is None else self._folder / key[0] / f"{key[1]}.npy"

    def _read(self, key: tuple[str, str]) -> Keypoints | None:
        path = self._path(key)
        if path is None or not path.exists():
            return None
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if not isinstance(array, np.ndarray) or array.dtype != np.float32 or array.ndim != 4:
            return None
        if array.shape[-1] not in SIZES:  # written by an earlier version
            return None
        return array if np.isfinite(array).all() else None

    def _write(self, key: tuple[str, str], keypoints: Keypoints) -> None:
        path = self._path(key)
        if path is not None:
            buffer = io.BytesIO()
            np.save(buffer, keypoints, allow_pickle=False)
            write_bytes(path, buffer.getvalue())
