"""`make_clip` makes a short video of an episode that shows who drives, in colour and in words.

`page` calls it for each clip and embeds video, poster and stills.
"""

import io
from dataclasses import dataclass
from functools import lru_cache

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ...datasets.step import Driver
from ...sim_envs.spaces import Image
from ..evaluation.video import Video, encode, jpeg
from ..session.driver_styles import DRIVER_STYLES, DriverStyle
from ..ui.palette import Colour, readable_on
from .episode_media import EpisodeMedia
from .episode_views import View, opened_view

VIEW_PX = 384
"""Height of a recorded picture in the video."""
DRAWN_PX = 480
"""Height of a scene that is drawn again."""
STILL_PX = 192
"""Height of a camera's picture in the printed stills."""
LONGEST_FRAMES = 400
"""Longer episodes are shown faster: every second, third ... step."""
STILLS = 4
STRIPE_PX = 14
DOTS_PER_INCH = 100
STRIPE: Colour = (16, 22, 28)
"""Colour of the stripes of a border."""
OPERATOR = "HUMAN"
"""Name of the human driver in the banner."""
CURSOR = 255
"""Grey level of the time line's cursor and edges."""


@dataclass(frozen=True)
class VideoClip:
    """A video with the pictures that replace it before it plays and in print."""

    video: Video
    """The annotated episode."""
    poster: bytes
    """JPEG of the frame at `poster_step`."""
    stills: bytes
    """JPEG of four frames, for print."""
    speed: int
    """How many times faster than the recording it plays."""
    drawn: bool
    """Whether the scene was drawn again; else it shows what was recorded."""


def make_clip(media: EpisodeMedia, hz: int, redraw: int = 0) -> VideoClip:
    """Draw and encode one episode of `hz` steps a second.

    With `redraw`, its scene is drawn again where that can be done, in so many frames at most: then
    fewer are shown a second.
    """
    speed = -(-len(media) // LONGEST_FRAMES)
    with opened_view(media, redraw > 0) as view:
        stride = max(speed, -(-len(media) // redraw)) if view.drawn else speed
        height = DRAWN_PX if view.drawn else VIEW_PX
        painter = ClipPainter(media, view)
        frames = (painter.frame(step, height) for step in range(0, len(media), stride))
        video = encode(frames, max(1, round(hz * speed / stride)))
        poster = jpeg(painter.frame(poster_step(media), height))
        return VideoClip(video, poster, jpeg(painter.stills()), speed, view.drawn)


def poster_step(media: EpisodeMedia) -> int:
    """The step of the poster: just after the first change of driver, else near the end."""
    changes = np.flatnonzero(np.diff(media.drivers)) + 1
    last = len(media) - 1
    return min(int(changes[0]) + 4, last) if changes.size else last * 9 // 10


class ClipPainter:
    """Paints the frames of a clip: the pictures of a view, within a border that says who drives."""

    def __init__(self, media: EpisodeMedia, view: View) -> None:
        self._media, self._view = media, view

    def frame(self, step: int, view_px: int) -> Image:
        """The frame of a step, with pictures of about `view_px` pixels' height."""
        style = DRIVER_STYLES[Driver(int(self._media.drivers[step]))]
        border, pictures = view_px // 24, self._view.frame(step, view_px)
        widths = tuple(picture.shape[1] for picture in pictures)
        width = sum(widths) + border * (len(widths) + 1)
        body = _ground(style, pictures[0].shape[0] + border, width)
        body, x = body.copy(), border
        for picture in pictures:
            body[: picture.shape[0], x : x + picture.shape[1]] = picture
            x += picture.shape[1] + border
        label = _label(style, self._view.labels, widths, border, view_px * 3 // 32)
        line = _time_line(self._media, step, body.shape[1], view_px // 32)
        return np.vstack([label, line, body])

    def stills(self) -> Image:
        """Four frames in two rows."""
        length = len(self._media)
        steps = np.linspace(0, length - 1, STILLS).round().astype(int)
        later = max(1, min(poster_step(self._media), steps[2] - 1))
        steps[1] = later if length > STILLS else 0
        first, second, third, fourth = (self.frame(int(step), STILL_PX) for step in steps)
        return np.vstack([np.hstack([first, second]), np.hstack([third, fourth])])


@lru_cache(maxsize=32)
def _ground(style: DriverStyle, height: int, width: int) -> Image:
    ground = np.empty((height, width, 3), np.uint8)
    ground[:] = style.colour
    if style.striped:
        rows, columns = np.indices((height, width))
        ground[(rows + columns) // STRIPE_PX % 2 == 1] = STRIPE
    return ground


@lru_cache(maxsize=32)
def _label(
    style: DriverStyle, labels: tuple[str, ...], widths: tuple[int, ...], border: int, height: int
) -> Image:
    width = sum(widths) + border * (len(widths) + 1)
    banner = style.banner.format(operator=OPERATOR, s="S")
    ink = [channel / 255 for channel in readable_on(style.colour)]
    with mpl.rc_context({"text.parse_math": False}):
        figure = Figure(
            figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), facecolor=style.hex
        )
        FigureCanvasAgg(figure)
        size = height * 0.44
        figure.text(border / width, 0.47, banner, color=ink, size=size, weight="bold", va="center")
        right = 0
        for shown, picture_width in zip(labels, widths, strict=True):
            right += border + picture_width
            figure.text(
                right / width, 0.47, shown, color=ink, size=size * 0.85,
                ha="right", va="center",
            )  # fmt: skip
        buffer = io.BytesIO()
        figure.savefig(buffer, format="rgba", dpi=DOTS_PER_INCH)
    return np.frombuffer(buffer.getvalue(), np.uint8).reshape(height, width, 4)[..., :3]


def _time_line(media: EpisodeMedia, step: int, width: int, height: int) -> Image:
    drivers = media.drivers[np.arange(width) * len(media) // width]
    grounds = np.stack([_ground(DRIVER_STYLES[driver], height, width) for driver in Driver])
    line = grounds[drivers, :, np.arange(width)].swapaxes(0, 1).copy()
    line[0] = line[-1] = CURSOR
    middle = int((step + 0.5) / len(media) * width)
    line[:, max(middle - height // 4, 0) : middle + height // 4] = CURSOR
    return line
