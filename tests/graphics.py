"""This module finds out whether OpenGL starts here; `needs_gl` skips a test, with the reason."""

import pytest

from sidestick.sim_envs.errors import RendererMissing
from sidestick.sim_envs.renderers.gl_device import current_device


def why_no_gl() -> str:
    """Why the OpenGL renderer cannot start here; empty if it can."""
    try:
        with current_device():
            return ""
    except RendererMissing as reason:
        return str(reason)


_REASON = why_no_gl()
needs_gl = pytest.mark.skipif(bool(_REASON), reason=_REASON)
