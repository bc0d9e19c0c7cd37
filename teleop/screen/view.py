"""Where the large picture comes from: drawn here with OpenGL, or by a process of its own."""

from typing import Protocol

import numpy as np

from ...sim_envs.environment import ArmEnv
from ...sim_envs.errors import BadValue
from ...sim_envs.renderers import Renderer, best_view_renderer, make_renderer
from ...sim_envs.spaces import Image
from .mirror import Mirror

VIEWS = ("auto", "gl", "tiny")


class ViewSource(Protocol):
    """Gives pictures of the world as it is now."""

    widest: int
    """Pictures wider than this cost too much, and are stretched."""

    def picture(self, camera: str, seed: int, width: int, height: int) -> Image:
        """The newest picture there is, uint8 [height, width, 3]; of another size at times."""

    def close(self) -> None:
        """Stop drawing; closing twice is safe."""


class DirectView:
    """Draws in this process, which only a fast renderer may."""

    widest = 800

    def __init__(self, env: ArmEnv, renderer: Renderer) -> None:
        self._env, self._renderer = env, renderer

    def picture(self, camera: str, seed: int, width: int, height: int) -> Image:
        """The world as it is now."""
        view = self._env.task.cameras[camera].view(self._env.arm)
        return self._renderer.picture(self._env.world, view, width, height)

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()


class MirrorView:
    """Shows what a mirror process has drawn last; asking never waits."""

    widest = 320

    def __init__(self, env: ArmEnv) -> None:
        self._env = env
        self._mirror = Mirror(env.task_name, env.env_kwargs)
        self._last: Image = np.zeros((240, 320, 3), np.uint8)

    @property
    def pid(self) -> int:
        """Number of the process that draws."""
        return self._mirror.pid

    def picture(self, camera: str, seed: int, width: int, height: int) -> Image:
        """The newest picture; asks for the next as soon as the mirror is free."""
        arrived = self._mirror.collect()
        if arrived is not None:
            self._last = arrived
        if self._mirror.free:
            self._mirror.ask(camera, seed, self._env.state(), width, height)
        return self._last

    def close(self) -> None:
        """End the process."""
        self._mirror.close()


def open_view(env: ArmEnv, wanted: str = "auto") -> ViewSource:
    """The view that was asked for: `gl` draws in this process, `tiny` in a mirror process.

    `auto` takes the first of them that can start. Raises BadValue for any other word, and
    RendererMissing for `gl` where OpenGL cannot start.
    """
    if wanted not in VIEWS:
        raise BadValue("view", f"one of {', '.join(VIEWS)}", wanted)
    if wanted == "tiny":
        return MirrorView(env)
    renderer = make_renderer("gl") if wanted == "gl" else best_view_renderer()
    if renderer.name == "tiny":
        renderer.close()
        return MirrorView(env)
    return DirectView(env, renderer)
