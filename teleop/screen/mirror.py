"""A process that holds a copy of the world and draws it, so that a slow renderer delays nobody.

PyBullet keeps Python's lock for a whole picture: a thread would not do. The two talk through a
pipe, in plain bytes: when either process dies, the other one reads the pipe's end, and nothing of
theirs is left behind.
"""

import json
import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import SidestickError
from ...sim_envs.making import make_task_env
from ...sim_envs.spaces import Image

HEADER_BYTES = 256
SMALLEST_IMAGE = 16


class MirrorLost(SidestickError):
    """The process that draws the view is gone."""


class Mirror:
    """The near end of the pipe."""

    def __init__(self, task: str, env_kwargs: dict[str, Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        settings = json.dumps({**env_kwargs, "task": task, "image_size": SMALLEST_IMAGE})
        self._process = context.Process(
            target=_mirror, args=(far, settings), name="mirror", daemon=True
        )
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
        """Ask for a picture of a state; raises MirrorLost when nobody is there to draw it."""
        wish = {"camera": camera, "seed": seed, "width": width, "height": height}
        try:
            self._pipe.send_bytes(json.dumps(wish).encode().ljust(HEADER_BYTES) + state.tobytes())
        except OSError as error:
            raise self._lost() from error
        self.free = False

    def collect(self) -> Image | None:
        """The picture that was asked for, once it is there."""
        try:
            if self.free or not self._pipe.poll():
                return None
            message = self._pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._lost() from error
        self.free = True
        height, width = np.frombuffer(message, "<i4", 2)
        return np.frombuffer(message, np.uint8, offset=8).reshape(height, width, 3)

    def _lost(self) -> MirrorLost:
        return MirrorLost(
            "the process that draws the view has died; what was recorded is kept. "
            "Start `sidestick drive` again"
        )

    def close(self) -> None:
        """End the process; closing twice is safe."""
        self._pipe.close()
        self._process.join(5.0)
        if self._process.is_alive():
            self._process.kill()


def _mirror(pipe: Connection, settings: str) -> None:
    """Draw until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that saves
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
