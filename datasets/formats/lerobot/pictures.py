"""This module decodes the pictures of a LeRobot dataset; each step gets the one of its time.

Sizes are compared with those that the dataset states before anything is decoded.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import DamagedFile
from ....sim_envs.free_memory import free_memory
from ...cache import SHARE
from ..optional import require
from .video import PNG

Change: TypeAlias = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""From one picture [H, W, 3] to another."""
LONGEST_S = 1e7
"""Latest time in a video, s; four months."""
UNREADABLE = (OSError, ValueError, IndexError, ArithmeticError, TypeError, EOFError)
"""What a damaged video raises, beside FFmpeg's own error."""
SLACK_S = 1e-3
"""Beside half a period: times are rounded in the files."""
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def read_frames(
    path: Path,
    times: NDArray[np.float64],
    period: float,
    size: tuple[int, int],
    change: Change | None = None,
) -> NDArray[np.uint8]:
    """The pictures of a video that are shown at `times` [T] (s), uint8[T, height, width, 3].

    `size` is height and width; `change` makes each picture another, all of one size. Raises
    DamagedFile for pictures of another size, and where none lies within half a `period` (s) of a
    time.
    """
    av = require("av", "lerobot")
    _check_times(path, times)
    shown = size if change is None else change(np.zeros((*size, 3), np.uint8)).shape[:2]
    needed = len(times) * shown[0] * shown[1] * 3
    if needed > SHARE * free_memory():
        raise DamagedFile(f"{path}: {needed} bytes of pictures, more than half of the free memory")
    found = np.empty((len(times), *shown, 3), np.uint8)
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            _check_size(path, (stream.codec_context.height, stream.codec_context.width), size)
            container.seek(int(times[0] / stream.time_base), stream=stream)
            done = _show(
                path, container.decode(stream), times, period / 2 + SLACK_S, found, size, change
            )
    except (*UNREADABLE, av.FFmpegError) as error:
        raise DamagedFile(f"{path}: {error}") from error
    if done < len(times):
        raise DamagedFile(f"{path}: no picture at {times[done]:.3f} s, of step {done}")
    return found


def _show(
    path: Path,
    frames: Any,
    times: NDArray[np.float64],
    near: float,
    found: NDArray[np.uint8],
    size: tuple[int, int],
    change: Change | None,
) -> int:
    """Write the nearest frame of each time into `found`; return how many times have one."""
    done, last = 0, None
    for frame in frames:
        if frame.time is None:
            continue
        while last is not None and done < len(times):
            if frame.time - times[done] < times[done] - last.time:
                break
            if abs(times[done] - last.time) > near:
                return done
            found[done] = _pixels(path, last, size, change)
            done += 1
        if done == len(times):
            return done
        last = frame
    while last is not None and done < len(times) and abs(times[done] - last.time) <= near:
        found[done] = _pixels(path, last, size, change)
        done += 1
    return done


def _pixels(
    path: Path, frame: Any, size: tuple[int, ...], change: Change | None = None
) -> NDArray[np.uint8]:
    _check_size(path, (frame.height, frame.width), size)
    pixels: NDArray[np.uint8] = frame.to_ndarray(format="rgb24")
    return pixels if change is None else change(pixels)


def _check_size(path: Path, found: tuple[int, int], size: tuple[int, ...]) -> None:
    if found != tuple(size):
        raise DamagedFile(
            f"{path}: its pictures are {found[0]} x {found[1]}, the dataset says "
            f"{size[0]} x {size[1]}"
        )


def _check_times(path: Path, times: NDArray[np.float64]) -> None:
    """Raise DamagedFile unless times are those of a video, one after the other."""
    sound = np.isfinite(times).all() and times.min() >= 0 and times.max() < LONGEST_S
    if not sound or (np.diff(times) < 0).any():
        raise DamagedFile(f"{path}: timestamps that are none: {times.min()} to {times.max()} s")


def png_pixels(
    data: bytes | None, size: tuple[int, int], change: Change | None = None
) -> NDArray[np.uint8]:
    """A PNG file's pixels, uint8[height, width, 3]; DamagedFile unless it is one of this size."""
    av = require("av", "lerobot")
    if not data:
        raise DamagedFile("a picture without content: only its file's name is recorded")
    if data[:8] != PNG_HEAD or len(data) < 24:
        raise DamagedFile("a picture that is no PNG")
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    _check_size(Path("a PNG"), (height, width), size)
    try:
        codec = av.CodecContext.create(PNG, "r")
        frames = [*codec.decode(av.Packet(data)), *codec.decode(None)]
        return _pixels(Path("a PNG"), frames[0], size, change)
    except (OSError, ValueError, IndexError, EOFError, av.FFmpegError) as error:
        raise DamagedFile(f"a PNG that cannot be read: {error}") from error
