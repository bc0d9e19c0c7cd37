"""Pieces that every grader's window draws: symbols, lists, wrapped text, the help."""

from collections.abc import Sequence

from ..devices.sdl import pygame
from .canvas import Brush
from .palette import DIM, FAINT, MINT, RAISED, TEXT, VERMILION


def draw_symbol(brush: Brush, success: bool | None, centre: tuple[int, int]) -> None:
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


def wrapped(brush: Brush, words: str, size: float, width: int, most: int) -> list[str]:
    """The words in at most so many lines of a width in pixels; what is left is cut by the brush."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        fits = brush.type.words(longer, size * brush.unit).get_width() <= width
        if fits or not lines[-1] or len(lines) == most:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw_list(brush: Brush, window: pygame.Rect, title: str, items: Sequence[str], at: int) -> None:
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


def draw_help_rows(brush: Brush, window: pygame.Rect, rows: Sequence[tuple[str, str, str]]) -> None:
    """Every key with what it does, over everything."""
    area = window.inflate(-brush.px(70), -brush.px(50))
    brush.strip(area, 248, 14)
    x, y = area.x + brush.px(30), area.y + brush.px(30)
    brush.text("Keys", (x, y), 26, TEXT, True)
    brush.text("any key closes", (area.right - brush.px(30), y), 14, DIM, anchor="midright")
    half = (len(rows) + 1) // 2
    wide = (area.w - brush.px(60)) / 2
    top = y + brush.px(34)
    step = min(brush.px(38), (area.bottom - top - brush.px(10)) / (half + 1))
    for side, part in enumerate((rows[:half], rows[half:])):
        left = x + side * wide
        for words, shift in (("keyboard", 0.0), ("pad", 0.24), ("does", 0.48)):
            brush.text(words, (left + shift * wide, top), 13, DIM)
        for i, (pad, key, meaning) in enumerate(part):
            at = top + (i + 1) * step
            brush.text(key, (left, at), 14, TEXT, True, width=wide * 0.23)
            brush.text(pad, (left + 0.24 * wide, at), 14, TEXT, width=wide * 0.23)
            brush.text(meaning, (left + 0.48 * wide, at), 13.5, DIM, width=wide * 0.51)
