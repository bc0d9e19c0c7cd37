"""A look at the pads without a window, for the command line."""

import contextlib
import os
from collections.abc import Iterator

from .pads import Pads
from .sdl import controller, pygame


@contextlib.contextmanager
def without_window() -> Iterator[None]:
    """SDL's events work without a window, if it is told so."""
    os.environ.setdefault("SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1")
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    try:
        yield
    finally:
        controller.quit()  # pygame would leave it running, with the mappings it has read
        pygame.quit()


def plugged_in() -> list[dict[str, object]]:
    """Name, GUID and whether it is mapped, of every pad."""
    with without_window():
        pads = Pads()
        mapped: list[dict[str, object]] = [
            {"name": pad.name, "guid": pad.guid, "mapped": True} for pad in pads.pads.values()
        ]
        return mapped + [
            {"name": stranger.get_name(), "guid": stranger.get_guid(), "mapped": False}
            for stranger in pads.strangers.values()
        ]
