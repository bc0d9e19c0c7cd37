"""A `Frame` is one picture with what is shown beside it; `FrameFeed` passes the newest to browsers.

The seat's thread publishes, the server's loop sends. Whoever is slow misses frames and is never
sent an old one.
"""

import asyncio
import contextlib
import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image as Pictures

from ....sim_envs.spaces import Image

QUALITY = 80
"""Of the JPEG pictures."""
HEADER = struct.Struct("<IB")
"""Before each picture: the frame's number, and which place on the page it is for."""
LARGE, FIRST_INSET, REPLAY, FIRST_ARM = 0, 1, 127, 128
"""Places: the large picture, the other cameras, what led to a call, and the arms of a fleet."""


@dataclass(frozen=True)
class Frame:
    """What browsers get at one moment."""

    number: int
    picture: bytes
    """JPEG of the large picture."""
    board: dict[str, Any]
    small: Mapping[int, bytes] = field(default_factory=dict)
    """JPEGs of all other pictures, by their places; the same object where one did not change."""
    cues: tuple[dict[str, Any], ...] = ()
    """Tones to play, since the last frame."""

    def parts(self, shown: dict[int, bytes]) -> list[bytes]:
        """The pictures with their headers, of the small ones those that a page has not got.

        `shown` are those that it has, by their places; it is brought up to date.
        """
        new = {p: data for p, data in self.small.items() if shown.get(p) is not data}
        shown.update(new)
        pictures = {LARGE: self.picture, **new}
        return [HEADER.pack(self.number, place) + data for place, data in pictures.items()]


def jpeg(image: Image, quality: int = QUALITY) -> bytes:
    """A picture, uint8 [H, W, 3], as JPEG."""
    buffer = io.BytesIO()
    Pictures.fromarray(np.ascontiguousarray(image)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@dataclass
class FrameFeed:
    """The newest frame, and the connections that wait for the next."""

    newest: Frame | None = None
    _waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = field(default_factory=dict)

    def publish(self, frame: Frame) -> None:
        """Make a frame the newest; called by the seat's thread."""
        self.newest = frame
        self.wake()

    def clear(self) -> None:
        """There is no picture any more."""
        self.newest = None
        self.wake()

    def wake(self) -> None:
        """Let every connection look again; may be called from any thread."""
        for event, loop in list(self._waiting.items()):
            with contextlib.suppress(RuntimeError):  # a loop that was closed meanwhile
                loop.call_soon_threadsafe(event.set)

    def join(self) -> asyncio.Event:
        """An event that is set whenever there is something new; called by the server's loop."""
        event = asyncio.Event()
        event.set()
        self._waiting[event] = asyncio.get_running_loop()
        return event

    def part(self, event: asyncio.Event) -> None:
        """Forget a connection."""
        self._waiting.pop(event, None)
