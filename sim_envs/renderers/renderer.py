"""This module defines the interface of every renderer: a world and a view in, pictures out."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..cameras import CameraView
from ..spaces import Image
from ..world import World


class Renderer(Protocol):
    """Draws a world; may keep buffers between calls, never changes the world."""

    name: str
    forks: bool
    """Whether it goes on drawing in a fork of its process."""

    def picture(self, world: World, view: CameraView, width: int, height: int) -> Image:
        """Colours as seen from `view`, uint8 [height, width, 3], RGB."""

    def labelled(
        self, world: World, view: CameraView, width: int, height: int
    ) -> tuple[Image, NDArray[np.int64]]:
        """The picture, and the label of the body at each pixel, int64 [height, width]."""

    def close(self) -> None:
        """Free what the renderer holds; closing twice is safe."""
