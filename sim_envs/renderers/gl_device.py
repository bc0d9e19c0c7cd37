"""This module keeps one windowless OpenGL context per process, shared by all its renderers."""

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import RendererMissing
from ..install import install_hint
from .gl_programs import ShaderPrograms

EGL_LIBRARY = "libEGL.so.1"
"""Provides the OpenGL functions too, so that no libGL is needed."""
SINGLE_THREADED = {"LP_NUM_THREADS": "0", "MESA_SHADER_CACHE_DISABLE": "true"}
"""Mesa's software driver starts no threads then: pictures are small, and forks stay safe."""


SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software")
"""Words in the names of Mesa's renderers that draw on the CPU."""


class GlDevice:
    """A context and its compiled shaders; get it from current_device()."""

    def __init__(self, context: Any) -> None:
        self.context = context
        with context:
            self.programs = ShaderPrograms(context)
        drawn_by = str(context.info.get("GL_RENDERER", "")).lower()
        self.in_software = any(name in drawn_by for name in SOFTWARE)
        """Whether the CPU draws, for want of a graphics processor."""


class _Process:
    """This process's device, once a picture has been drawn."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.device: GlDevice | None = None


_process = _Process()
_inherited: list[_Process] = []


def _leave_to_parent() -> None:
    """A context does not survive a fork: the child makes its own, and never frees this one."""
    global _process
    _inherited.append(_process)
    _process = _Process()


os.register_at_fork(after_in_child=_leave_to_parent)


def require_libraries() -> Any:
    """Return moderngl; raise RendererMissing when it or the EGL library is not installed."""
    try:
        import moderngl
    except ImportError:
        message = f"the renderer 'gl' needs moderngl; {install_hint('gl')}"
        raise RendererMissing(message) from None
    try:
        ctypes.CDLL(EGL_LIBRARY)
    except OSError:
        raise _mesa_missing(f"there is no {EGL_LIBRARY}") from None
    return moderngl


def _mesa_missing(reason: str) -> RendererMissing:
    return RendererMissing(
        f"the renderer 'gl' cannot start ({reason}): "
        "apt install libegl1 libgl1-mesa-dri, or make system-deps"
    )


def _started() -> GlDevice:
    moderngl = require_libraries()
    for name, value in SINGLE_THREADED.items():
        os.environ.setdefault(name, value)
    try:
        return GlDevice(
            moderngl.create_context(
                standalone=True, backend="egl", libegl=EGL_LIBRARY, libgl=EGL_LIBRARY
            )
        )
    except Exception as error:  # that is what glcontext raises, also where OpenGL is too old
        raise _mesa_missing(" ".join(str(error).split())) from error


@contextmanager
def current_device() -> Iterator[GlDevice]:
    """The process's device, current on this thread while the block runs; other threads wait.

    Made on first use; raises RendererMissing when this machine cannot make one.
    """
    process = _process
    with process.lock:
        if process.device is None:
            process.device = _started()
        with process.device.context:
            yield process.device


def is_alive(device: GlDevice | None) -> bool:
    """Whether that is this process's device, and not one that a parent process had."""
    return device is not None and device is _process.device
