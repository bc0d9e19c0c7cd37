"""Where everything stands, for a window of any size; plain rectangles, no drawing."""

from dataclasses import dataclass

from ...devices.sdl import pygame
from ...ui.window import DESIGN

BORDER, TOP, BOTTOM, COLUMN, GAP = 9, 62, 40, 300, 10


@dataclass(frozen=True)
class Layout:
    """Rectangles in pixels of the window."""

    unit: float
    """Pixels per unit of the design."""
    window: pygame.Rect
    top: pygame.Rect
    """Instruction, who drives, recording."""
    view: pygame.Rect
    """The large picture."""
    column: pygame.Rect
    """Insets and gauges."""
    bottom: pygame.Rect
    """Hints and health."""
    insets: tuple[pygame.Rect, pygame.Rect]
    """The recorded cameras, square."""
    gauges: pygame.Rect
    """The rows under the insets."""

    @property
    def border(self) -> int:
        """Thickness of the border that tells who drives."""
        return round(BORDER * self.unit)


def lay_out(width: int, height: int) -> Layout:
    """The layout for a window's size."""
    unit = min(width / DESIGN[0], height / DESIGN[1])
    border, top, bottom, wide, gap = (round(v * unit) for v in (BORDER, TOP, BOTTOM, COLUMN, GAP))
    inner = pygame.Rect(border, border, width - 2 * border, height - 2 * border)
    head = pygame.Rect(inner.x, inner.y, inner.w, top)
    foot = pygame.Rect(inner.x, inner.bottom - bottom, inner.w, bottom)
    body = pygame.Rect(inner.x, head.bottom, inner.w, foot.y - head.bottom)
    column = pygame.Rect(body.right - wide, body.y, wide, body.h)
    view = pygame.Rect(body.x, body.y, body.w - wide, body.h)
    side = min((wide - 3 * gap) // 2 if body.h < 520 * unit else round(202 * unit), wide)
    first = pygame.Rect(column.x + gap, column.y + gap, side, side)
    second = first.move(0, side + gap)
    gauges = pygame.Rect(
        column.x + gap, second.bottom + gap, wide - 2 * gap, column.bottom - second.bottom - gap
    )
    window = pygame.Rect(0, 0, width, height)
    return Layout(unit, window, head, view, column, foot, (first, second), gauges)
