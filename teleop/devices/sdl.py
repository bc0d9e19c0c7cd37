"""pygame, imported without its greeting (standard output is for JSON alone), under our name."""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
# what window managers and scripts know the window by; pygame would name it after the script
os.environ.setdefault("SDL_VIDEO_X11_WMCLASS", "sidestick")
os.environ.setdefault("SDL_VIDEO_WAYLAND_WMCLASS", "sidestick")

import pygame
from pygame._sdl2 import controller

__all__ = ["controller", "pygame"]
