"""A Model holds a Scene's triangles in OpenGL buffers; GlCanvas draws it, one call a pass."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadValue
from . import gl_shaders
from .gl_device import GlDevice
from .gl_programs import FRAMES_BINDING
from .scene import FRAME_SIZE, VERTEX, Scene

BYTES_PER_FRAME = 4 * FRAME_SIZE
BYTES_PER_TRIANGLE = 4 * 3
ALL_ATTRIBUTES = ("3f 3f 3f1 1x1 1i", "point", "normal", "colour", "frame")
PLACE_ATTRIBUTES = ("3f 16x 1i", "point", "frame")


class Model:
    """Buffers of one scene; make, use and release it inside current_device()."""

    def __init__(self, device: GlDevice, scene: Scene) -> None:
        if len(scene.owners) > gl_shaders.MAX_FRAMES:
            limit = f"at most {gl_shaders.MAX_FRAMES} bodies and links for the renderer 'gl'"
            raise BadValue("world", limit, len(scene.owners))
        self.scene = scene
        context, programs = device.context, device.programs
        self._vertices = context.buffer(scene.vertices.tobytes() or bytes(VERTEX.itemsize))
        self._triangles = context.buffer(scene.triangles.tobytes() or bytes(BYTES_PER_TRIANGLE))
        self._frames = context.buffer(reserve=gl_shaders.MAX_FRAMES * BYTES_PER_FRAME)

        def drawn_by(program: Any, attributes: tuple[str, ...]) -> Any:
            return context.vertex_array(program, [(self._vertices, *attributes)], self._triangles)

        self._lit = drawn_by(programs.lit, ALL_ATTRIBUTES)
        self._label = drawn_by(programs.label, PLACE_ATTRIBUTES)
        self._depth = drawn_by(programs.depth, PLACE_ATTRIBUTES)

    def place(self, poses: NDArray[np.float32]) -> None:
        """Set the frames' poses for what is drawn next: Scene.poses(), [frames, FRAME_SIZE]."""
        self._frames.write(poses.tobytes())
        self._frames.bind_to_uniform_block(FRAMES_BINDING)

    def draw_lit(self) -> None:
        """Draw shaded colours."""
        self._lit.render(vertices=3 * self.scene.num_seen)

    def draw_labels(self) -> None:
        """Draw numbers of frames."""
        self._label.render(vertices=3 * self.scene.num_seen)

    def draw_casters(self) -> None:
        """Draw the depth of all that casts shadows."""
        num_casting = len(self.scene.triangles) - self.scene.num_seen
        self._depth.render(first=3 * self.scene.num_seen, vertices=3 * num_casting)

    def release(self) -> None:
        """Free the buffers."""
        arrays = (self._lit, self._label, self._depth)
        for held in (*arrays, self._vertices, self._triangles, self._frames):
            held.release()
