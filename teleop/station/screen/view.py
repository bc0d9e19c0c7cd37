"""A ViewSource gives the window its large picture, drawn here with OpenGL or by another process.

`setup` opens one with `open_view`, and FrameScheduler asks it for a picture in each frame.
"""

import json
import multiprocessing
import os
from multiprocessing.connection import Connection
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ....sim_envs.child_process import deaf_to_interrupts
from ....sim_envs.environment import ArmEnv
from ....sim_envs.errors import BadValue, SidestickError
from ....sim_envs.making import make_task_env
from ....sim_envs.renderers import (
    Renderer,
    best_view_renderer,
    draws_in_software,
    make_renderer,
)
from ....sim_envs.spaces import Image

NOTHING_YET: Image = np.zeros((240, 320, 3), np.uint8)
VIEWS = ("auto", "gl", "tiny")


class ViewSource(Protocol):
    """Gives pictures of the scene as it is now."""

    env: ArmEnv
    """The environment that is shown; another one of the same task may take its place."""
    widest: int
    """Pictures wider than this, in pixels, cost too much, and are stretched."""

    def picture(self, camera: str, seed: int, width: int, height: int) -> Image:
        """The newest picture there is, uint8 [height, width, 3]; of another size at times."""

    def close(self) -> None:
        """Stop drawing; closing twice is safe."""


SOFTWARE_WIDEST, HARDWARE_WIDEST = 800, 3840
"""Pictures wider than this, in pixels, take too long on a CPU, on a graphics processor."""


class DirectView:
    """Draws in this process, for which only a fast renderer will do."""

    def __init__(self, env: ArmEnv, renderer: Renderer) -> None:
        self.env, self._renderer = env, renderer
        """The environment that is shown; another one of the same task may take its place."""
        self.widest = SOFTWARE_WIDEST if draws_in_software() else HARDWARE_WIDEST

    def picture(self, camera: str, seed: int, width: int, height: int) -> Image:
        """The scene as it is now, uint8 [height, width, 3]."""
        view = self.env.task.cameras[camera].view(self.env.arm)
        return self._renderer.picture(self.env.world, view, width, height)

    def close(self) -> None:
        """Free the renderer."""
        self._renderer.close()


class ProcessView:
    """Shows the newest picture of a ViewProcess; asking never waits."""

    widest = 320

    def __init__(self, env: ArmEnv) -> None:
        self.env = env
        """The environment that is shown; another one of the same task may take its place."""
        self._view_process = ViewProcess(env.task_name, env.env_kwargs)
        self._last: dict[str, Image] = {}
        self._asked = ""
        """Which camera's picture the process draws now."""

    @property
    def pid(self) -> int:
        """Number of the process that draws."""
        return self._view_process.pid

    def picture(self, camera: str, seed: int, width: int, height: int) -> Image:
        """The newest picture, uint8 [H, W, 3]; asks for the next once the process is free."""
        arrived = self._view_process.collect()
        if arrived is not None:
            self._last[self._asked] = arrived
        if self._view_process.free:
            self._view_process.ask(camera, seed, self.env.state(), width, height)
            self._asked = camera
        return self._last.get(camera, NOTHING_YET)

    def close(self) -> None:
        """End the process."""
        self._view_process.close()


def open_view(env: ArmEnv, wanted: str = "auto") -> ViewSource:
    """The view that was asked for: `gl` draws in this process, `tiny` in a view process.

    `auto` takes the first of them that can start. Raises BadValue for any other word, and
    RendererMissing for `gl` where OpenGL cannot start.
    """
    if wanted not in VIEWS:
        raise BadValue("view", f"one of {', '.join(VIEWS)}", wanted)
    if wanted == "tiny":
        return ProcessView(env)
    renderer = make_renderer("gl") if wanted == "gl" else best_view_renderer()
    if renderer.name == "tiny":
        renderer.close()
        return ProcessView(env)
    return DirectView(env, renderer)


HEADER_BYTES = 256
SMALLEST_IMAGE = 16


class ViewProcessLost(SidestickError):
    """The process that draws the view has died."""


class ViewProcess:
    """A process that draws pictures, and the pipe to it."""

    def __init__(self, task: str, env_kwargs: dict[str, Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        settings = json.dumps({**env_kwargs, "task": task, "image_size": SMALLEST_IMAGE})
        self._process = context.Process(
            target=_draw_views, args=(far, settings), name="view", daemon=True
        )
        with deaf_to_interrupts():  # Ctrl-C is for the process that saves
            self._process.start()
        far.close()
        self.free = True
        """Whether a picture may be asked for."""

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid or 0

    def ask(
        self, camera: str, seed: int, state: NDArray[np.float64], width: int, height: int
    ) -> None:
        """Ask for a picture of a state [S]; raises ViewProcessLost when the process is gone."""
        wish = {"camera": camera, "seed": seed, "width": width, "height": height}
        try:
            self._pipe.send_bytes(json.dumps(wish).encode().ljust(HEADER_BYTES) + state.tobytes())
        except OSError as error:
            raise self._lost() from error
        self.free = False

    def collect(self) -> Image | None:
        """The picture that was asked for, uint8 [H, W, 3], once it is there."""
        try:
            if self.free or not self._pipe.poll():
                return None
            message = self._pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._lost() from error
        self.free = True
        height, width = np.frombuffer(message, "<i4", 2)
        return np.frombuffer(message, np.uint8, offset=8).reshape(height, width, 3)

    def _lost(self) -> ViewProcessLost:
        return ViewProcessLost(
            "the process that draws the view has died; what was recorded is kept. "
            "Start `sidestick drive` again"
        )

    def close(self) -> None:
        """End the process; closing twice is safe."""
        self._pipe.close()
        self._process.join(5.0)
        if self._process.is_alive():
            self._process.kill()


def _draw_views(pipe: Connection, settings: str) -> None:
    """Run the view process: draw what is asked for until the pipe is closed."""
    os.nice(2)
    env = make_task_env(**json.loads(settings))
    built = None
    try:
        while True:
            message = pipe.recv_bytes()
            wish = json.loads(message[:HEADER_BYTES])
            if wish["seed"] != built:
                built = wish["seed"]
                env.build(built)
            env.show(np.frombuffer(message, np.float64, offset=HEADER_BYTES))
            picture = env.picture(wish["camera"], wish["width"], wish["height"])
            size = np.array(picture.shape[:2], "<i4").tobytes()
            pipe.send_bytes(size + picture.tobytes())
    except (EOFError, OSError):
        return
    finally:
        env.close()
