"""These functions draw what both kinds of window show: symbols, notices, lists and the help.

Each takes a Canvas and a rectangle in pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..devices.sdl import pygame
from .canvas import Canvas
from .palette import DIM, FAINT, MINT, RAISED, TEXT, VERMILION, YELLOW


def draw_symbol(canvas: Canvas, success: bool | None, centre: tuple[int, int]) -> None:
    """Draw a tick, a cross or a ring (for None), for people who do not see the colours."""
    x, y = centre
    half, thick = canvas.px(11), canvas.px(4)
    if success is None:
        pygame.draw.circle(canvas.surface, FAINT, centre, half, canvas.px(3))
    elif success:
        points = [(x - half, y), (x - half // 3, y + half * 2 // 3), (x + half, y - half * 2 // 3)]
        pygame.draw.lines(canvas.surface, MINT, False, points, thick)
    else:
        for way in (-1, 1):
            ends = (x - half, y - half * way), (x + half, y + half * way)
            pygame.draw.line(canvas.surface, VERMILION, *ends, thick)


def wrapped(
    canvas: Canvas, words: str, size: float, width: int, most: int, bold: bool = False
) -> list[str]:
    """A text in at most `most` lines of a width in pixels; only the last may be too long."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        fits = canvas.type.rendered(longer, size * canvas.unit, bold=bold).get_width() <= width
        if fits or not lines[-1] or len(lines) == most:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw_list(
    canvas: Canvas, window: pygame.Rect, title: str, items: Sequence[str], at: int
) -> None:
    """Draw a list in the middle, line `at` marked; numbered unless `at` is negative."""
    row = canvas.px(34)
    box = pygame.Rect(0, 0, canvas.px(560), row * (len(items) + 2))
    box.center = window.center
    canvas.strip(box, 244, 12)
    pygame.draw.rect(canvas.surface, FAINT, box, canvas.px(2), border_radius=canvas.px(12))
    x, y = box.x + canvas.px(24), box.y + row * 3 // 4
    canvas.text(title, (x, y), 19, TEXT, True, width=box.w - canvas.px(48))
    for number, item in enumerate(items):
        y += row
        if number == at:
            line = pygame.Rect(box.x + canvas.px(10), y - row // 2, box.w - canvas.px(20), row)
            pygame.draw.rect(canvas.surface, RAISED, line, border_radius=canvas.px(6))
        left = x
        if at >= 0:
            left = canvas.key(str(number + 1), (x, y)).right + canvas.px(14)
        canvas.text(item, (left, y), 17, TEXT, width=box.right - left - canvas.px(16))


def draw_notice(canvas: Canvas, area: pygame.Rect, words: str) -> None:
    """Draw a short message at the top of an area."""
    line = canvas.type.fitted(words, 16 * canvas.unit, area.w - canvas.px(60), YELLOW, bold=True)
    rect = line.get_rect(midtop=(area.centerx, area.y + canvas.px(20)))
    canvas.strip(rect.inflate(canvas.px(26), canvas.px(14)))
    canvas.surface.blit(line, rect)


@dataclass(frozen=True)
class HelpPage:
    """Every control of a window with what it is bound to."""

    title: str
    closing: str
    """How to close it."""
    columns: Mapping[str, float]
    """Name of each of the three columns, and where it begins as a share of the width."""
    rows: Sequence[tuple[str, str, str]]
    """A text for each column."""


def draw_help(canvas: Canvas, window: pygame.Rect, page: HelpPage) -> None:
    """Draw the help over everything but the border."""
    area = window.inflate(-canvas.px(18), -canvas.px(18))
    canvas.strip(area, 250, 0)
    x, y = area.x + canvas.px(40), area.y + canvas.px(40)
    canvas.text(page.title, (x, y), 26, TEXT, True)
    canvas.text(page.closing, (area.right - canvas.px(40), y), 14, DIM, anchor="midright")
    half = (len(page.rows) + 1) // 2
    wide = (area.w - canvas.px(80)) / 2
    top = y + canvas.px(36)
    step = min(canvas.px(38), (area.bottom - top - canvas.px(10)) / max(1, half + 1))
    for side, part in enumerate((page.rows[:half], page.rows[half:])):
        places = [x + (side + share) * wide for share in page.columns.values()]
        widths = [(b - a) * wide * 0.97 for a, b in pairwise((*page.columns.values(), 1.0))]
        for words, left in zip(page.columns, places, strict=True):
            canvas.text(words, (left, top), 13, DIM)
        for i, texts in enumerate(part, 1):
            at = top + i * step
            canvas.text(texts[0], (places[0], at), 14.5, TEXT, True, width=widths[0])
            canvas.text(texts[1], (places[1], at), 14.5, TEXT, width=widths[1])
            canvas.text(texts[2], (places[2], at), 13.5, DIM, width=widths[2])
