"""`present_layout` asks SDL which symbols the keyboard has at the places of an American one."""

import ctypes
import string
import sys

from .key_names import KEY_NAMES, PLACE_NAMES
from .sdl import pygame

LIBRARY = "SDL2.dll" if sys.platform == "win32" else pygame.key.__file__
"""pygame has no name for this question; its own SDL answers it."""


def present_layout() -> dict[str, str]:
    """What the key says that is at the place of each letter; empty where SDL cannot tell.

    Letters are left out where the key has no Latin letter or sign: there the place counts anyway.
    SDL knows the layout once its display has started.
    """
    try:
        ask = ctypes.CDLL(str(LIBRARY)).SDL_GetKeyFromScancode
    except (OSError, AttributeError):
        return {}
    ask.argtypes, ask.restype = [ctypes.c_int], ctypes.c_int
    found = {
        name: KEY_NAMES.get(ask(place))
        for place, name in PLACE_NAMES.items()
        if name in string.ascii_lowercase
    }
    return {name: symbol for name, symbol in found.items() if symbol is not None}
