"""Pieces that both windows draw: symbols, notices, lists, wrapped text, the help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..devices.sdl import pygame
from .canvas import Canvas
from .palette import DIM, FAINT, MINT, RAISED, TEXT, VERMILION, YELLOW


def draw_symbol(brush: Canvas, success: bool | None, centre: tuple[int, int]) -> None:
    """A tick, a cross or a ring, so that the colour is not needed."""
    x, y = centre
    half, thick = brush.px(11), brush.px(4)
    if success is None:
        pygame.draw.circle(brush.surface, FAINT, centre, half, brush.px(3))
    elif success:
        points = [(x - half, y), (x - half // 3, y + half * 2 // 3), (x + half, y - half * 2 // 3)]
        pygame.draw.lines(brush.surface, MINT, False, points, thick)
    else:
        for way in (-1, 1):
            ends = (x - half, y - half * way), (x + half, y + half * way)
            pygame.draw.line(brush.surface, VERMILION, *ends, thick)


def wrapped(brush: Canvas, words: str, size: float, width: int, most: int) -> list[str]:
    """The words in at most so many lines of a width in pixels; what is left is cut by the brush."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        fits = brush.type.rendered(longer, size * brush.unit).get_width() <= width
        if fits or not lines[-1] or len(lines) == most:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw_list(
    brush: Canvas, window: pygame.Rect, title: str, items: Sequence[str], at: int
) -> None:
    """A numbered list in the middle, one line marked."""
    row = brush.px(34)
    box = pygame.Rect(0, 0, brush.px(560), row * (len(items) + 2))
    box.center = window.center
    brush.strip(box, 244, 12)
    pygame.draw.rect(brush.surface, FAINT, box, brush.px(2), border_radius=brush.px(12))
    x, y = box.x + brush.px(24), box.y + row * 3 // 4
    brush.text(title, (x, y), 19, TEXT, True, width=box.w - brush.px(48))
    for number, item in enumerate(items):
        y += row
        if number == at:
            line = pygame.Rect(box.x + brush.px(10), y - row // 2, box.w - brush.px(20), row)
            pygame.draw.rect(brush.surface, RAISED, line, border_radius=brush.px(6))
        left = x
        if at >= 0:
            left = brush.key(str(number + 1), (x, y)).right + brush.px(14)
        brush.text(item, (left, y), 17, TEXT, width=box.right - left - brush.px(16))


def draw_notice(brush: Canvas, area: pygame.Rect, words: str) -> None:
    """A short message at the top of an area."""
    line = brush.type.fitted(words, 16 * brush.unit, area.w - brush.px(60), YELLOW, bold=True)
    rect = line.get_rect(midtop=(area.centerx, area.y + brush.px(20)))
    brush.strip(rect.inflate(brush.px(26), brush.px(14)))
    brush.surface.blit(line, rect)


@dataclass(frozen=True)
class HelpPage:
    """Every control of a window with what it is bound to."""

    title: str
    closing: str
    """How it is closed."""
    columns: Mapping[str, float]
    """Name of each of the three columns, and where it begins as a share of the width."""
    rows: Sequence[tuple[str, str, str]]
    """A text for each column."""


def draw_help(brush: Canvas, window: pygame.Rect, page: HelpPage) -> None:
    """The help, over everything but the border."""
    area = window.inflate(-brush.px(18), -brush.px(18))
    brush.strip(area, 250, 0)
    x, y = area.x + brush.px(40), area.y + brush.px(40)
    brush.text(page.title, (x, y), 26, TEXT, True)
    brush.text(page.closing, (area.right - brush.px(40), y), 14, DIM, anchor="midright")
    half = (len(page.rows) + 1) // 2
    wide = (area.w - brush.px(80)) / 2
    top = y + brush.px(36)
    step = min(brush.px(38), (area.bottom - top - brush.px(10)) / max(1, half + 1))
    for side, part in enumerate((page.rows[:half], page.rows[half:])):
        places = [x + (side + share) * wide for share in page.columns.values()]
        widths = [(b - a) * wide * 0.97 for a, b in pairwise((*page.columns.values(), 1.0))]
        for words, left in zip(page.columns, places, strict=True):
            brush.text(words, (left, top), 13, DIM)
        for i, texts in enumerate(part, 1):
            at = top + i * step
            brush.text(texts[0], (places[0], at), 14.5, TEXT, True, width=widths[0])
            brush.text(texts[1], (places[1], at), 14.5, TEXT, width=widths[1])
            brush.text(texts[2], (places[2], at), 13.5, DIM, width=widths[2])
