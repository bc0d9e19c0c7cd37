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
from ..evaluation.video import Video, encode, enlarge, jpeg
from ..session.driver_styles import DRIVER_STYLES, DriverStyle
from ..ui.palette import Colour, readable_on
from .episode_media import EpisodeMedia

VIEW_PX = 384
"""Height of a camera's picture in the video."""
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


def make_clip(media: EpisodeMedia, fps: int) -> VideoClip:
    """Draw and encode one episode at `fps` frames a second."""
    speed = -(-len(media) // LONGEST_FRAMES)
    frames = (_painted(media, step, VIEW_PX) for step in range(0, len(media), speed))
    video = encode(frames, fps)
    poster = jpeg(_painted(media, poster_step(media), VIEW_PX))
    return VideoClip(video, poster, jpeg(_contact_sheet(media)), speed)


def poster_step(media: EpisodeMedia) -> int:
    """The step of the poster: just after the first change of driver, else near the end."""
    changes = np.flatnonzero(np.diff(media.drivers)) + 1
    last = len(media) - 1
    return min(int(changes[0]) + 4, last) if changes.size else last * 9 // 10


def _contact_sheet(media: EpisodeMedia) -> Image:
    steps = np.linspace(0, len(media) - 1, STILLS).round().astype(int)
    steps[1] = max(1, min(poster_step(media), steps[2] - 1)) if len(media) > STILLS else 0
    first, second, third, fourth = (_painted(media, int(s), STILL_PX) for s in steps)
    return np.vstack([np.hstack([first, second]), np.hstack([third, fourth])])


def _painted(media: EpisodeMedia, step: int, view_px: int) -> Image:
    style = DRIVER_STYLES[Driver(int(media.drivers[step]))]
    border = view_px // 24
    pictures = [enlarge(image, max(view_px // image.shape[0], 1)) for image in media.frame(step)]
    widths = tuple(picture.shape[1] for picture in pictures)
    body = _ground(style, pictures[0].shape[0] + border, sum(widths) + border * (len(widths) + 1))
    body, x = body.copy(), border
    for picture in pictures:
        body[: picture.shape[0], x : x + picture.shape[1]] = picture
        x += picture.shape[1] + border
    label = _label(style, media.cameras, widths, border, view_px * 3 // 32)
    line = _time_line(media, step, body.shape[1], view_px // 32)
    return np.vstack([label, line, body])


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
    style: DriverStyle, cameras: tuple[str, ...], widths: tuple[int, ...], border: int, height: int
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
        for camera, camera_width in zip(cameras, widths, strict=True):
            right += border + camera_width
            figure.text(
                right / width, 0.47, f"{camera} camera", color=ink, size=size * 0.85,
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
