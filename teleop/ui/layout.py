"""These functions lay out the operator's window and the review windows at any size.

Who draws calls `drive_layout` or `review_layout` with a size in pixels, and gets rectangles.
"""

from dataclasses import dataclass

from ..devices.sdl import pygame
from .window import DESIGN

TOP, BOTTOM, GAP = 62, 40, 10
DRIVE_BORDER, DRIVE_COLUMN = 9, 300
REVIEW_BORDER, REVIEW_COLUMN, REVIEW_LINE = 7, 292, 132


@dataclass(frozen=True)
class WindowLayout:
    """Rectangles, in pixels, that both kinds of window have."""

    unit: float
    """Pixels per unit of the design."""
    window: pygame.Rect
    border: int
    """Thickness of the border in the driver's colour, pixels."""
    top: pygame.Rect
    """The head line: instruction, who drives or the verdict, progress."""
    body: pygame.Rect
    """Between head line and foot line, to the left of the column."""
    column: pygame.Rect
    """The panel at the side."""
    bottom: pygame.Rect
    """The foot line: keys."""


@dataclass(frozen=True)
class DriveLayout(WindowLayout):
    """The operator's window; its large picture fills the body."""

    insets: tuple[pygame.Rect, pygame.Rect]
    """The recorded cameras, square."""
    gauges: pygame.Rect
    """The rows under the insets."""


@dataclass(frozen=True)
class ReviewLayout(WindowLayout):
    """A window in which recorded episodes or predictions are reviewed."""

    views: tuple[pygame.Rect, ...]
    """A square for each camera, in the body."""
    line: pygame.Rect
    """The whole episode as a line, above the foot line."""


def drive_layout(width: int, height: int) -> DriveLayout:
    """Layout of the operator's window at a size in pixels."""
    common = _common(width, height, DRIVE_BORDER, DRIVE_COLUMN)
    unit, column, gap = common.unit, common.column, round(GAP * common.unit)
    low = column.h < 520 * unit
    side = min((column.w - 3 * gap) // 2 if low else round(202 * unit), column.w)
    first = pygame.Rect(column.x + gap, column.y + gap, side, side)
    second = first.move(0, side + gap)
    gauges = pygame.Rect(
        first.x, second.bottom + gap, column.w - 2 * gap, column.bottom - second.bottom - gap
    )
    return DriveLayout(**vars(common), insets=(first, second), gauges=gauges)


def review_layout(width: int, height: int, views: int, with_line: bool = True) -> ReviewLayout:
    """Layout of a review window at a size in pixels; `views` is the number of cameras."""
    common = _common(width, height, REVIEW_BORDER, REVIEW_COLUMN, REVIEW_LINE * with_line)
    area, gap = common.body, round(GAP * common.unit)
    side = min((area.w - gap * (views + 1)) // max(views, 1), area.h - 2 * gap)
    left = area.x + (area.w - side * views - gap * (views - 1)) // 2
    top = area.y + (area.h - side) // 2
    squares = tuple(pygame.Rect(left + i * (side + gap), top, side, side) for i in range(views))
    line = pygame.Rect(common.bottom.x, area.bottom, common.bottom.w, common.bottom.y - area.bottom)
    return ReviewLayout(**vars(common), views=squares, line=line)


def _common(width: int, height: int, border: int, column: int, line: int = 0) -> WindowLayout:
    """What both kinds of window have; `border`, `column` and `line` in units of the design."""
    unit = min(width / DESIGN[0], height / DESIGN[1])
    edge, top, bottom, wide, strip = (round(v * unit) for v in (border, TOP, BOTTOM, column, line))
    inner = pygame.Rect(edge, edge, width - 2 * edge, height - 2 * edge)
    head = pygame.Rect(inner.x, inner.y, inner.w, top)
    foot = pygame.Rect(inner.x, inner.bottom - bottom, inner.w, bottom)
    high = foot.y - strip - head.bottom
    return WindowLayout(
        unit=unit,
        window=pygame.Rect(0, 0, width, height),
        border=edge,
        top=head,
        body=pygame.Rect(inner.x, head.bottom, inner.w - wide, high),
        column=pygame.Rect(inner.right - wide, head.bottom, wide, high),
        bottom=foot,
    )
