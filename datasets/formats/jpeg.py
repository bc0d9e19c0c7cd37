"""`jpeg_pixels` decodes a JPEG file after comparing the size that it states."""

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import FormatError

CODEC = "mjpeg"
BEGIN = b"\xff\xd8"
FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Markers of the segments that state height and width: baseline, extended, progressive."""


def jpeg_pixels(data: bytes, height: int, width: int) -> NDArray[np.uint8]:
    """A JPEG file's pixels, uint8[height, width, 3]; FormatError unless it is one of this size."""
    if (size := jpeg_size(data)) != (height, width):
        raise FormatError(
            f"a picture of {size[0]} x {size[1]}, the dataset says {height} x {width}"
        )
    try:
        codec: Any = av.CodecContext.create(CODEC, "r")
        frame = [*codec.decode(av.Packet(data)), *codec.decode(None)][0]
        if (frame.height, frame.width) != size:
            raise FormatError(f"a picture of {frame.height} x {frame.width} that states another")
        pixels: NDArray[np.uint8] = frame.to_ndarray(format="rgb24")
    except (OSError, ValueError, IndexError, EOFError, av.FFmpegError) as error:
        raise FormatError(f"a picture that cannot be read: {error}") from error
    return pixels


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Height and width that a JPEG file states; FormatError for what is none."""
    at = len(BEGIN)
    while data.startswith(BEGIN) and at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in FRAMES:
            height, width = (int.from_bytes(data[at + n : at + n + 2], "big") for n in (5, 7))
            return height, width
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise FormatError("a picture that is no JPEG")
