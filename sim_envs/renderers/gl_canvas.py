"""A GlCanvas holds the buffers of pictures of one size: colours, depth and a shadow map.

GlRenderer draws a Model on it and reads back the picture, or the frame at each pixel.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spaces import Image
from .gl_device import GlDevice
from .gl_model import Model

SMALL_UP_TO_PX = 160 * 160
"""Pictures of up to this many pixels are drawn larger and shrunk: no jagged edges."""
SMOOTHING = 1.25
"""How much larger: more smoothing costs more and hardly looks better at this size."""
SMALL_SHADOWS_PX, LARGE_SHADOWS_PX = 192, 512
BACKGROUND = (0.80, 0.84, 0.88)


class GlCanvas:
    """Buffers for one picture size; make, use and release it inside current_device()."""

    def __init__(self, device: GlDevice, width: int, height: int) -> None:
        self._context = context = device.context
        self._programs = device.programs
        self._shape = (height, width)
        size = (width, height)
        is_small = width * height <= SMALL_UP_TO_PX
        large = (int(SMOOTHING * width), int(SMOOTHING * height)) if is_small else size
        self._colours = context.texture(large, 4)
        self._drawn = context.framebuffer(self._colours, context.depth_renderbuffer(large))
        self._shrunk = context.framebuffer(context.renderbuffer(size, 4)) if is_small else None
        self._shrink = context.vertex_array(device.programs.shrink, [])
        self._labels = context.framebuffer(
            context.renderbuffer(size, 1, dtype="f4"), context.depth_renderbuffer(size)
        )
        side = SMALL_SHADOWS_PX if is_small else LARGE_SHADOWS_PX
        self._shadows = context.depth_texture((side, side))
        self._shadows.compare_func = "<="
        self._shadows.repeat_x = self._shadows.repeat_y = False
        self._cast = context.framebuffer(depth_attachment=self._shadows)
        self._side = side
        self._cast_from: tuple[Model, bytes] | None = None

    def cast_shadows(self, model: Model, poses: NDArray[np.float32]) -> None:
        """Bring the shadows up to date with poses [frames, FRAME_SIZE]; free when nothing moved."""
        cause = (model, poses.tobytes())
        if cause == self._cast_from:
            return
        self._draw_on(self._cast)
        within = self._side - 2
        self._cast.scissor = (1, 1, within, within)  # the rim stays empty: all beyond it is lit
        model.draw_casters()
        self._cast.scissor = None
        self._cast_from = cause

    def _draw_on(self, target: Any, *background: float) -> None:
        context = self._context
        context.enable_only(context.DEPTH_TEST | context.CULL_FACE)
        context.front_face = "cw"  # pictures are drawn upside down
        target.use()
        target.clear(*background)

    def picture(self, model: Model) -> Image:
        """Draw the model with the program `lit`, uint8 [height, width, 3]."""
        self._draw_on(self._drawn, *BACKGROUND)
        self._shadows.use(0)
        self._programs.shade(self._side)
        model.draw_lit()
        picture = np.empty((*self._shape, 3), np.uint8)
        self._to_size().read_into(picture, components=3, alignment=1)
        return picture

    def _to_size(self) -> Any:
        """What was drawn, shrunk if it was drawn larger."""
        if self._shrunk is None:
            return self._drawn
        self._context.enable_only(self._context.NOTHING)
        self._shrunk.use()
        self._colours.use(0)
        self._shrink.render(vertices=3)
        return self._shrunk

    def frames(self, model: Model) -> NDArray[np.int64]:
        """Number of the frame at each pixel, int64 [height, width]; -1 where there is none."""
        self._draw_on(self._labels)
        model.draw_labels()
        numbers = np.empty(self._shape, np.float32)
        self._labels.read_into(numbers, components=1, alignment=1, dtype="f4")
        return numbers.astype(np.int64) - 1

    def release(self) -> None:
        """Free the buffers."""
        targets = [target for target in (self._drawn, self._shrunk, self._labels) if target]
        for target in targets:
            for attachment in (*target.color_attachments, target.depth_attachment):
                if attachment is not None:
                    attachment.release()
        for held in (*targets, self._cast, self._shadows, self._shrink):
            held.release()
