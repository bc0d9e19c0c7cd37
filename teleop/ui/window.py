"""`open_window` opens the window of a station or a review on a real screen, or raises NoDisplay."""

import os
import sys

from ...sim_envs.errors import NoDisplay
from ..devices.sdl import pygame

DESIGN = (1280, 800)
"""Size at which one unit of the design is one pixel."""

SMALLEST = (960, 600)

TITLE = "Sidestick"
INVISIBLE = {"offscreen", "dummy"}
"""Drivers that SDL falls back to, or is told to use, where there is no screen."""


def open_window(size: tuple[int, int] = DESIGN) -> pygame.Surface:
    """Open the window; raises NoDisplay where nobody would see it.

    SDL silently chooses the driver `offscreen` where there is no screen. A driver that
    SDL_VIDEODRIVER names was asked for, and is taken.
    """
    check_screen()
    pygame.display.set_caption(TITLE)
    wide, high = max(size[0], SMALLEST[0]), max(size[1], SMALLEST[1])
    # SDL may draw the window with OpenGL: beside the view's own context it would stay black.
    os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
    try:
        return pygame.display.set_mode((wide, high), pygame.RESIZABLE)
    except pygame.error as error:
        raise _no_display(str(error)) from error


def check_screen() -> None:
    """Start SDL's display; raises NoDisplay where nobody would see a window."""
    asked = os.environ.get("SDL_VIDEODRIVER", "")
    try:
        pygame.display.init()
    except pygame.error as error:
        raise _no_display(str(error)) from error
    driver = pygame.display.get_driver()
    if driver in INVISIBLE and driver not in asked.split(","):
        pygame.display.quit()
        raise _no_display(f"SDL found only the driver {driver!r}")


def _no_display(reason: str) -> NoDisplay:
    hint = "" if sys.platform != "linux" or os.environ.get("DISPLAY") else " (DISPLAY is not set)"
    return NoDisplay(
        f"there is no screen for the window{hint}: {reason}. "
        "Run it where there is one, or use --headless --operator simulated"
    )
