"""`opened_view` gives an episode's pictures for a clip: drawn again at 640x480, or as recorded.

What was recorded is small, since policies see no more. Where the episode's scene can be posed from
the recorded states it is drawn larger, with what was recorded beside it.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

import av
import numpy as np

from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import SidestickError
from ...sim_envs.spaces import FRONT, Image
from ..evaluation.replay import shown_states
from ..evaluation.video import enlarge
from .episode_media import EpisodeMedia

ACROSS, DOWN = 4, 3
"""Sides of what is drawn again: 640 to 480 pixels."""
LEAST_ROWS = 2
"""Recorded pictures beside it are at most half as high."""


class View(Protocol):
    """The pictures of an episode, step by step."""

    labels: tuple[str, ...]
    """What each picture of a frame shows."""
    drawn: bool
    """Whether the scene is drawn again."""

    def frame(self, step: int, height: int) -> list[Image]:
        """The pictures of a step, uint8[h, w, 3] each, all of one height of about `height`."""
        ...


class RecordedView:
    """What was recorded, enlarged."""

    drawn = False

    def __init__(self, media: EpisodeMedia) -> None:
        self._media = media
        self.labels = tuple(f"{name} camera" for name in media.cameras)

    def frame(self, step: int, height: int) -> list[Image]:
        """The recorded pictures, side by side."""
        images = self._media.frame(step)
        return [enlarge(image, max(height // image.shape[0], 1)) for image in images]


class RedrawnView:
    """The scene from the front, drawn again, and what was recorded, in a column beside it."""

    drawn = True
    labels: tuple[str, ...] = ("drawn again from the states", "recorded")

    def __init__(self, media: EpisodeMedia, scene_at: Callable[[int], ArmEnv]) -> None:
        self._media, self._scene_at = media, scene_at

    def frame(self, step: int, height: int) -> list[Image]:
        """The scene and the column."""
        scene = self._scene_at(step).picture(FRONT, height * ACROSS // DOWN, height)
        images = self._media.frame(step)
        side = height // max(len(images), LEAST_ROWS)
        column = np.zeros((height, side, 3), np.uint8)
        for row, image in enumerate(images):
            column[row * side : (row + 1) * side] = _resized(image, side)
        return [scene, column]


def _resized(image: Image, side: int) -> Image:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    sized = frame.reformat(side, side, interpolation="BICUBIC").to_ndarray(format="rgb24")
    return sized.astype(np.uint8, copy=False)


@contextlib.contextmanager
def opened_view(media: EpisodeMedia, redraw: bool) -> Iterator[View]:
    """The episode drawn again, if that is wanted and can be done, else as it was recorded."""
    with contextlib.ExitStack() as stack:
        view: View = RecordedView(media)
        if redraw and media.episode is not None:
            with contextlib.suppress(SidestickError):  # another world, no seed or no states
                view = RedrawnView(media, stack.enter_context(shown_states(media.episode)))
        yield view
