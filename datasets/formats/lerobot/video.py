"""This module encodes camera images of a LeRobot dataset as videos or PNGs."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..optional import require
from .layout import CHUNK_FILES, VIDEO_MB, VIDEO_PATH

CODEC = "libx264"
ENCODER = {"g": 2, "crf": 18, "preset": "fast"}
"""A key frame every other frame, as in LeRobot, for fast random access."""
OPTIONS = {name: str(value) for name, value in ENCODER.items()} | {"bf": "0"}
PIXELS = "yuv420p"
PNG = "png"


class VideoSpan(NamedTuple):
    """The place of an episode's frames in the videos of one camera."""

    chunk: int
    file: int
    start: float
    """s from the start of the file."""
    stop: float


class VideoWriter:
    """Writes one camera's files; a new one begins when the last is large enough."""

    def __init__(self, folder: Path, key: str, fps: int) -> None:
        self._folder, self._key, self._fps = folder, key, fps
        self._av = require("av", "lerobot")
        self._number, self._frames = -1, 0
        self._container: Any = None
        self._stream: Any = None
        self._path = folder

    def add(self, images: NDArray[np.uint8]) -> VideoSpan:
        """Append an episode's images, uint8[T, height, width, 3]."""
        if self._container is None or self._path.stat().st_size > VIDEO_MB * 2**20:
            self._begin(images.shape[1:3])
        first = self._frames
        for image in images:
            frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = self._frames, Fraction(1, self._fps)
            self._mux(frame)
            self._frames += 1
        chunk, file = divmod(self._number, CHUNK_FILES)
        return VideoSpan(chunk, file, first / self._fps, self._frames / self._fps)

    def close(self) -> None:
        """Complete the last file."""
        if self._container is not None:
            self._mux(None)
            self._container.close()
            self._container = None

    def info(self, size: int) -> dict[str, Any]:
        """The stream's entry in info.json; LeRobot's tools encode again as it says."""
        return {
            "video.height": size,
            "video.width": size,
            "video.codec": "h264",
            "video.pix_fmt": PIXELS,
            "video.is_depth_map": False,
            "video.fps": self._fps,
            "video.channels": 3,
            "has_audio": False,
            **{f"video.{name}": value for name, value in ENCODER.items()},
        }

    def _begin(self, size: tuple[int, ...]) -> None:
        self.close()
        self._number, self._frames = self._number + 1, 0
        chunk, file = divmod(self._number, CHUNK_FILES)
        name = VIDEO_PATH.format(video_key=self._key, chunk_index=chunk, file_index=file)
        self._path = self._folder / name
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._container = self._av.open(str(self._path), "w")
        self._stream = self._container.add_stream(CODEC, rate=self._fps, options=dict(OPTIONS))
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = PIXELS

    def _mux(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)


def pngs(images: NDArray[np.uint8]) -> Iterator[bytes]:
    """Yield each of the images, uint8[T, height, width, 3], as a PNG file."""
    av = require("av", "lerobot")
    for image in images:
        codec = av.CodecContext.create(PNG, "w")
        codec.height, codec.width = image.shape[:2]
        codec.pix_fmt = "rgb24"
        codec.time_base = Fraction(1, 1)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        yield b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])
