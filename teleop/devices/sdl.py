"""This module imports pygame without its greeting: standard output is for JSON alone."""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
# the name by which window managers and scripts find the window; pygame would take the script's
os.environ.setdefault("SDL_VIDEO_X11_WMCLASS", "sidestick")
os.environ.setdefault("SDL_VIDEO_WAYLAND_WMCLASS", "sidestick")

import pygame
from pygame._sdl2 import controller

PRESSES = (pygame.KEYDOWN, pygame.CONTROLLERBUTTONDOWN, pygame.JOYBUTTONDOWN)


def drop_presses() -> None:
    """Drop presses that wait: they came while nothing could be seen of what they would do."""
    pygame.event.pump()
    pygame.event.clear(PRESSES)


__all__ = ["controller", "drop_presses", "pygame"]
