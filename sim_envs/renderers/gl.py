"""GlRenderer draws worlds by OpenGL (moderngl), without a GPU several times cheaper than "tiny"."""

import logging

import numpy as np
from numpy.typing import NDArray

from ..cameras import CameraView
from ..errors import RendererMissing
from ..spaces import Image
from ..world import World
from .gl_canvas import GlCanvas
from .gl_device import GlDevice, current_device, is_alive, require_libraries
from .gl_model import Model
from .renderer import Renderer
from .scene import read_scene
from .tiny import TinyRenderer


class GlRenderer:
    """Draws with OpenGL, 96 x 96 in about 1 ms; needs the extra `gl` and libEGL.

    The context is made with the first picture, in whichever process that is drawn.
    """

    name, forks = "gl", False

    def __init__(self) -> None:
        require_libraries()
        self._forget()

    def _forget(self) -> None:
        self._device: GlDevice | None = None
        self._world: World | None = None
        self._version = (0, 0)
        self._model: Model | None = None
        self._canvases: dict[tuple[int, int], GlCanvas] = {}

    def picture(self, world: World, view: CameraView, width: int, height: int) -> Image:
        """Colours as seen from `view`, uint8 [height, width, 3], RGB."""
        with current_device() as device:
            return self._picture(device, world, view, width, height)[0]

    def labelled(
        self, world: World, view: CameraView, width: int, height: int
    ) -> tuple[Image, NDArray[np.int64]]:
        """The picture, and the label of the body at each pixel, int64 [height, width]."""
        with current_device() as device:
            picture, model, canvas = self._picture(device, world, view, width, height)
            device.programs.look(device.programs.label, view, width, height)
            labels = [world.labels[body] for body in model.scene.owners]
            table = np.array([*labels, 0], np.int64)  # the last is for "no frame", -1
            return picture, table[canvas.frames(model)]

    def _picture(
        self, device: GlDevice, world: World, view: CameraView, width: int, height: int
    ) -> tuple[Image, Model, GlCanvas]:
        if device is not self._device:
            self._forget()  # made by a parent process
            self._device = device
        model = self._current_model(device, world)
        canvas = self._canvas(device, width, height)
        poses = model.scene.poses(world)
        model.place(poses)
        device.programs.shine(world.look.light)
        canvas.cast_shadows(model, poses)
        device.programs.look(device.programs.lit, view, width, height)
        return canvas.picture(model), model, canvas

    def _current_model(self, device: GlDevice, world: World) -> Model:
        version = (world.appearance, len(world.bodies))
        if self._model is None or world is not self._world or version != self._version:
            if self._model is not None:
                self._model.release()
            self._model = Model(device, read_scene(world))
            self._world, self._version = world, version
        return self._model

    def _canvas(self, device: GlDevice, width: int, height: int) -> GlCanvas:
        if (width, height) not in self._canvases:
            self._canvases[width, height] = GlCanvas(device, width, height)
        return self._canvases[width, height]

    def close(self) -> None:
        """Free what the renderer holds; closing twice is safe."""
        if is_alive(self._device):
            with current_device():
                for canvas in self._canvases.values():
                    canvas.release()
                if self._model is not None:
                    self._model.release()
        self._forget()


def draws_in_software() -> bool:
    """Whether OpenGL would draw on the CPU here, as it does where it cannot start at all."""
    try:
        with current_device() as device:
            return device.in_software
    except RendererMissing:
        return True


def best_view_renderer() -> Renderer:
    """A renderer for the operator's view: GlRenderer where it can start, else TinyRenderer."""
    try:
        renderer = GlRenderer()
        with current_device():
            return renderer
    except RendererMissing as reason:
        logging.getLogger(__name__).warning("%s; the view is drawn by TinyRenderer", reason)
        return TinyRenderer()
