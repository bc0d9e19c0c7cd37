"""`open_window` opens the window of a station or a review on a real screen, or raises NoDisplay."""

import os
import sys
from collections.abc import Sequence

from ...sim_envs.errors import NoDisplay
from ..devices.sdl import pygame

DESIGN = (1280, 800)
"""Size at which one unit of the design is one pixel."""

SMALLEST = (960, 600)

TITLE_BAR = 0.06
"""Share of the screen's height that is left for title and task bars."""

TITLE = "Sidestick"
INVISIBLE = {"offscreen", "dummy"}
"""Drivers that SDL falls back to, or is told to use, where there is no screen."""


def open_window(size: tuple[int, int] | None = None) -> pygame.Surface:
    """Open the window, at DESIGN unless `size` is given; NoDisplay where nobody would see it.

    It is never larger than the screen.

    SDL silently chooses the driver `offscreen` where there is no screen. A driver that
    SDL_VIDEODRIVER names was asked for, and is taken.
    """
    check_screen()
    pygame.display.set_caption(TITLE)
    wide, high = fitted(size or DESIGN, pygame.display.get_desktop_sizes())
    # SDL may draw the window with OpenGL: beside the view's own context it would stay black.
    os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
    try:
        return pygame.display.set_mode((wide, high), pygame.RESIZABLE)
    except pygame.error as error:
        raise _no_display(str(error)) from error


def fitted(size: tuple[int, int], screens: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """A size in pixels that is no smaller than SMALLEST, and fits the first screen."""
    wide, high = max(size[0], SMALLEST[0]), max(size[1], SMALLEST[1])
    if not screens:
        return wide, high
    return min(wide, screens[0][0]), min(high, screens[0][1] - round(TITLE_BAR * screens[0][1]))


def show_in_title(words: str) -> None:
    """Show words in the window's title, and so in the task bar; its own title where there are none.

    pygame cannot make the task bar flash.
    """
    title = f"(!) {words} - {TITLE}" if words else TITLE
    if title not in pygame.display.get_caption():
        pygame.display.set_caption(title)


def toggle_full_screen(event: pygame.event.Event) -> None:
    """Fill the screen, or stop doing so, where the event is a press of F11."""
    if event.type == pygame.KEYDOWN and event.key == pygame.K_F11:
        pygame.display.toggle_fullscreen()


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
        "Run it where there is one, or use --headless --driver simulated"
    )
