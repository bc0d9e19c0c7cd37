"""pygame, imported without its greeting: standard output is for JSON alone."""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame
from pygame._sdl2 import controller

__all__ = ["controller", "pygame"]
