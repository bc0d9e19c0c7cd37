"""`encode` turns frames into a small video that browsers play: H.264, or VP9 where that is missing.

The report, `sidestick replay` and `rollout_video` call it; `jpeg` and `enlarge` treat one image.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.codec.codec import UnknownCodecError

from ...sim_envs.errors import BadValue, SidestickError
from ...sim_envs.spaces import CONTROL_HZ, Image

EVEN_PX = 2
"""Chroma is stored for every second pixel, so sides must be even."""


@dataclass(frozen=True)
class Encoding:
    """One way to write a video that browsers play without a plug-in."""

    codec: str
    """Encoder as FFmpeg names it."""
    container: str
    """Container as FFmpeg names it."""
    mime: str
    """Media type for browsers."""
    options: tuple[tuple[str, str], ...]
    """Quality and speed, as the encoder names them."""


ENCODINGS = (
    Encoding(
        "libx264",
        "mp4",
        "video/mp4",
        (("crf", "27"), ("preset", "medium"), ("x264-params", "mbtree=0")),
    ),
    Encoding("libvpx-vp9", "webm", "video/webm", (("crf", "36"), ("b", "0"), ("cpu-used", "4"))),
)
"""Tried in this order: H.264 plays on every phone, VP9 is in every wheel of PyAV.

x264's macroblock tree reads uninitialised memory; without it the same frames give the same bytes.
"""


@dataclass(frozen=True)
class Video:
    """An encoded video."""

    data: bytes
    """The whole file."""
    mime: str
    """Its media type, for a data URI or a file's suffix."""

    def __repr__(self) -> str:
        return f"Video({self.mime}, {len(self.data)} bytes)"


def available_encoding(candidates: Sequence[Encoding] = ENCODINGS) -> Encoding:
    """The first of `candidates` that this PyAV can write."""
    for encoding in candidates:
        try:
            av.Codec(encoding.codec, "w")
        except UnknownCodecError:
            continue
        return encoding
    asked = ", ".join(encoding.codec for encoding in candidates)
    raise SidestickError(f"no video encoder: asked for {asked}; install av from PyPI's wheels")


def encode(
    frames: Iterable[Image], fps: int = CONTROL_HZ, encoding: Encoding | None = None
) -> Video:
    """Encode RGB frames, uint8[h, w, 3], at `fps` frames a second.

    Odd sides are made even by repeating the last row or column.
    """
    chosen = encoding or available_encoding()
    buffer = io.BytesIO()
    stream = None
    with av.open(buffer, "w", format=chosen.container) as container:
        for frame in frames:
            if stream is None:
                stream = _open_stream(container, chosen, frame, fps)
            picture = av.VideoFrame.from_ndarray(_with_even_sides(frame), format="rgb24")
            container.mux(stream.encode(picture))
        if stream is None:
            raise BadValue("frames", "at least one frame", "none")
        container.mux(stream.encode(None))
    return Video(buffer.getvalue(), chosen.mime)


def _open_stream(
    container: av.container.OutputContainer, encoding: Encoding, frame: Image, fps: int
) -> av.VideoStream:
    height, width = _with_even_sides(frame).shape[:2]
    stream = container.add_stream(encoding.codec, rate=fps, options=dict(encoding.options))
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.thread_count = 1  # the other cores belong to training
    return stream


def _with_even_sides(frame: Image) -> Image:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise BadValue("frame", "uint8[height, width, 3]", f"{frame.dtype}{list(frame.shape)}")
    height, width = frame.shape[:2]
    edges = ((0, -height % EVEN_PX), (0, -width % EVEN_PX), (0, 0))
    return np.ascontiguousarray(np.pad(frame, edges, mode="edge"))


def enlarge(image: Image, factor: int) -> Image:
    """Scale an RGB image, uint8[h, w, 3], up to [factor h, factor w, 3], bicubic."""
    height, width = image.shape[:2]
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    larger = frame.reformat(width * factor, height * factor, interpolation="BICUBIC")
    return larger.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def jpeg(image: Image, quality: int = 4) -> bytes:
    """Encode one RGB image, uint8[h, w, 3], as JPEG with its sides made even.

    `quality` is FFmpeg's, 2 best to 31 worst.
    """
    context = av.CodecContext.create("mjpeg", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.height, context.width = _with_even_sides(image).shape[:2]
    context.pix_fmt, context.time_base = "yuvj420p", Fraction(1, CONTROL_HZ)
    context.options = {"qmin": str(quality), "qmax": str(quality)}
    frame = av.VideoFrame.from_ndarray(_with_even_sides(image), format="rgb24")
    frame = frame.reformat(format="yuvj420p")
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
