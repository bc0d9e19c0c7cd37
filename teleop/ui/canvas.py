"""A Canvas draws text, buttons, bars, pictures and the drivers' symbols on a pygame surface.

The window's screen and the review windows draw with it, in the units of `ui.window.DESIGN`.
"""

import math

import numpy as np

from ...datasets.step import Driver
from ...sim_envs.spaces import Image
from ..devices.sdl import pygame
from .palette import BACKGROUND, DIM, FAINT, RAISED, STRIP, STRIP_ALPHA, TEXT, Colour
from .text import TextRenderer

KEY_GAP = 12
"""Room between two buttons with their meanings."""


class Canvas:
    """Draws on one surface; `unit` is in pixels per unit of the design."""

    def __init__(self, surface: pygame.Surface, type_: TextRenderer, unit: float) -> None:
        self.surface, self.type, self.unit = surface, type_, unit

    def px(self, units: float) -> int:
        """Pixels of a length in units of the design, at least one."""
        return max(1, round(units * self.unit))

    def strip(self, rect: pygame.Rect, alpha: int = STRIP_ALPHA, radius: float = 8) -> None:
        """Draw the dark ground that every text over a picture needs."""
        ground = pygame.Surface(rect.size, pygame.SRCALPHA)
        pygame.draw.rect(ground, (*STRIP, alpha), ground.get_rect(), border_radius=self.px(radius))
        self.surface.blit(ground, rect)

    def text(
        self,
        words: str,
        at: tuple[float, float],
        size: float,
        colour: Colour = TEXT,
        bold: bool = False,
        anchor: str = "midleft",
        width: float = math.inf,
    ) -> pygame.Rect:
        """Draw one line with a named point of its rectangle `at` a place; `width` in pixels."""
        line = self.type.fitted(words, size * self.unit, width, colour, bold)
        place = line.get_rect(**{anchor: (round(at[0]), round(at[1]))})
        self.surface.blit(line, place)
        return place

    def key(self, words: str, at: tuple[float, float], size: float = 15) -> pygame.Rect:
        """Draw a button with its name on it; `at` is the middle of its left side."""
        line = self.type.rendered(words, size * self.unit, TEXT, bold=True)
        cap = line.get_rect(midleft=(round(at[0]) + self.px(7), round(at[1])))
        frame = cap.inflate(self.px(13), self.px(7))
        pygame.draw.rect(self.surface, RAISED, frame, border_radius=self.px(5))
        pygame.draw.rect(
            self.surface, FAINT, frame, width=max(1, self.px(1)), border_radius=self.px(5)
        )
        self.surface.blit(line, cap)
        return frame

    def keys(
        self, pairs: tuple[tuple[str, str], ...], at: tuple[float, float], size: float, right: float
    ) -> float:
        """Draw buttons and their meanings up to `right`; returns where the last one ended."""
        x, y = at
        for name, meaning in pairs:
            if x + self.keys_width(((name, meaning),), size) > right + self.px(KEY_GAP):
                break
            cap = self.key(name, (x, y), size)
            x = self.text(meaning, (cap.right + self.px(7), y), size, DIM).right + self.px(KEY_GAP)
        return x

    def keys_width(self, pairs: tuple[tuple[str, str], ...], size: float) -> float:
        """Pixels that `keys` needs."""
        return sum(
            self.type.rendered(name, size * self.unit, TEXT, bold=True).get_width()
            + self.type.rendered(meaning, size * self.unit, DIM).get_width()
            + self.px(7) * 2
            + self.px(13)
            + self.px(KEY_GAP)
            for name, meaning in pairs
        )

    def bar(self, rect: pygame.Rect, share: float, colour: Colour, mark: float = -1.0) -> None:
        """Draw a bar filled to a share in [0, 1], with a mark at a threshold; none below 0."""
        round_ = rect.h // 2
        pygame.draw.rect(self.surface, RAISED, rect, border_radius=round_)
        filled = rect.copy()
        filled.w = round(rect.w * min(1.0, max(0.0, share)))
        if filled.w:
            pygame.draw.rect(self.surface, colour, filled, border_radius=round_)
        if mark >= 0:
            x = rect.x + round(rect.w * mark)
            top = (x, rect.y - self.px(4))
            pygame.draw.line(self.surface, TEXT, top, (x, rect.bottom + self.px(3)), self.px(2))

    def picture(self, image: Image, rect: pygame.Rect) -> None:
        """Draw an image, uint8 [H, W, 3], stretched to fill a rectangle."""
        flat = np.ascontiguousarray(image)
        height, width = flat.shape[:2]
        surface = pygame.image.frombuffer(flat.data, (width, height), "RGB")
        if (width, height) != rect.size:
            near = rect.w * rect.h > 1.6e6 or rect.w < width
            stretch = pygame.transform.scale if near else pygame.transform.smoothscale
            same = pygame.Surface((width, height), 0, self.surface)  # convert() needs a display
            same.blit(surface, (0, 0))
            surface = stretch(same, rect.size)
        self.surface.blit(surface, rect)

    def driver(self, driver: Driver, centre: tuple[int, int], size: float, colour: Colour) -> None:
        """Draw a driver as a person, a diamond or two bars, for who does not see the colours."""
        x, y = centre
        half = self.px(size / 2)
        if driver is Driver.HUMAN:
            pygame.draw.circle(self.surface, colour, (x, y - half // 2), round(half * 0.52))
            shoulders = pygame.Rect(0, 0, round(half * 1.8), round(half * 0.95))
            shoulders.midtop = (x, y + round(half * 0.15))
            round_ = shoulders.h
            pygame.draw.rect(
                self.surface,
                colour,
                shoulders,
                border_top_left_radius=round_,
                border_top_right_radius=round_,
            )
        elif driver in (Driver.POLICY, Driver.BLEND):
            corners = [(x, y - half), (x + half, y), (x, y + half), (x - half, y)]
            pygame.draw.polygon(self.surface, colour, corners)
        else:
            wide = round(half * 0.62)
            for left in (x - wide, x + wide - self.px(size * 0.22)):
                rect = pygame.Rect(left, y - wide, self.px(size * 0.22), wide * 2)
                pygame.draw.rect(self.surface, colour, rect)

    def clear(self) -> None:
        """Fill the surface with the background."""
        self.surface.fill(BACKGROUND)
