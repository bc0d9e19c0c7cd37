"""Where everything stands in a grader's window, whatever its size; rectangles alone."""

from dataclasses import dataclass

from ..devices.sdl import pygame
from ..ui.window import DESIGN

BORDER, TOP, BOTTOM, COLUMN, LINE, GAP = 7, 62, 40, 292, 132, 10


@dataclass(frozen=True)
class Layout:
    """Rectangles in pixels of the window."""

    unit: float
    """Pixels per unit of the design."""
    window: pygame.Rect
    top: pygame.Rect
    """What it was told, what was judged, how far the grader is."""
    views: tuple[pygame.Rect, ...]
    """A square for each camera."""
    column: pygame.Rect
    """What is known and what was said."""
    line: pygame.Rect
    """The whole episode as a line."""
    bottom: pygame.Rect
    """Keys."""

    @property
    def border(self) -> int:
        """Thickness of the border in the driver's colour."""
        return round(BORDER * self.unit)


def lay_out(width: int, height: int, views: int, with_line: bool = True) -> Layout:
    """The layout for a window's size and so many cameras, with room for the line or without."""
    unit = min(width / DESIGN[0], height / DESIGN[1])
    border, top, bottom, wide, line, gap = (
        round(v * unit) for v in (BORDER, TOP, BOTTOM, COLUMN, LINE * with_line, GAP)
    )
    inner = pygame.Rect(border, border, width - 2 * border, height - 2 * border)
    head = pygame.Rect(inner.x, inner.y, inner.w, top)
    foot = pygame.Rect(inner.x, inner.bottom - bottom, inner.w, bottom)
    strip = pygame.Rect(inner.x, foot.y - line, inner.w, line)
    body = pygame.Rect(inner.x, head.bottom, inner.w, strip.y - head.bottom)
    column = pygame.Rect(body.right - wide, body.y, wide, body.h)
    area = pygame.Rect(body.x, body.y, body.w - wide, body.h)
    side = min((area.w - gap * (views + 1)) // max(views, 1), area.h - 2 * gap)
    left = area.x + (area.w - side * views - gap * (views - 1)) // 2
    top_y = area.y + (area.h - side) // 2
    squares = tuple(pygame.Rect(left + i * (side + gap), top_y, side, side) for i in range(views))
    window = pygame.Rect(0, 0, width, height)
    return Layout(unit, window, head, squares, column, strip, foot)
