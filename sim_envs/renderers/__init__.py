"""This package holds the renderers, one file each; make_renderer() makes one by its name.

A workspace keeps to one for its recorded cameras.
"""

from collections.abc import Callable

from ..errors import UnknownName
from .gl import GlRenderer, best_view_renderer, draws_in_software
from .renderer import Renderer
from .tiny import TinyRenderer

RENDERERS: dict[str, Callable[[], Renderer]] = {"tiny": TinyRenderer, "gl": GlRenderer}

__all__ = ["RENDERERS", "Renderer", "best_view_renderer", "draws_in_software", "make_renderer"]


def make_renderer(name: str) -> Renderer:
    """A new renderer of the given name; raises UnknownName with the names that exist."""
    if name not in RENDERERS:
        raise UnknownName("renderer", name, RENDERERS)
    return RENDERERS[name]()
