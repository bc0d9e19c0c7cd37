"""TextRenderer renders lines of text to surfaces, in one typeface, and caches them.

Canvas draws with it, and measures each line before it is placed.
"""

import importlib.util
import math
from functools import cache
from pathlib import Path

from ..devices.sdl import pygame
from .palette import TEXT, Colour

REGULAR, BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
MOST_CACHED = 800
SMALLEST_PX = 9


@cache
def _typeface(name: str) -> str | None:
    """Path of a DejaVu font of matplotlib, which the report needs anyway; None for pygame's own."""
    spec = importlib.util.find_spec("matplotlib")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "mpl-data" / "fonts" / "ttf" / name
        if path.exists():
            return str(path)
    return None


class TextRenderer:
    """Renders text; sizes are in pixels of the window."""

    def __init__(self) -> None:
        pygame.font.init()
        self._fonts: dict[tuple[int, bool], pygame.font.Font] = {}
        self._words: dict[tuple[str, int, Colour, bool], pygame.Surface] = {}

    def font(self, size: float, bold: bool = False) -> pygame.font.Font:
        """A font of this height."""
        key = (max(SMALLEST_PX, round(size)), bold)
        if key not in self._fonts:
            self._fonts[key] = pygame.font.Font(_typeface(BOLD if bold else REGULAR), key[0])
        return self._fonts[key]

    def rendered(
        self, text: str, size: float, colour: Colour = TEXT, bold: bool = False
    ) -> pygame.Surface:
        """One line of text, as a surface."""
        key = (text, max(SMALLEST_PX, round(size)), colour, bold)
        if key not in self._words:
            if len(self._words) > MOST_CACHED:
                self._words.clear()
            self._words[key] = self.font(size, bold).render(text, True, colour)
        return self._words[key]

    def fitted(
        self, text: str, size: float, width: float, colour: Colour = TEXT, bold: bool = False
    ) -> pygame.Surface:
        """One line of text, made smaller and then cut until it fits the width."""
        line = self.rendered(text, size, colour, bold)
        if line.get_width() <= width:
            return line
        smaller = math.floor(max(size * 0.7, size * width / line.get_width()))
        line = self.rendered(text, smaller, colour, bold)
        while line.get_width() > width and len(text) > 2:
            text = text[:-2].rstrip() + "…"
            line = self.rendered(text, smaller, colour, bold)
        return line
