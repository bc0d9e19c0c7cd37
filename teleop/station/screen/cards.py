"""What is laid over the picture: cards and the held discard."""

import math

from ...devices.sdl import pygame
from ...ui.canvas import Canvas
from ...ui.palette import DIM, FAINT, GREEN, MINT, TEXT, VERMILION, YELLOW, Colour
from ...ui.widgets import draw_symbol
from .dashboard import Card

TONES: dict[str, Colour] = {"plain": FAINT, "good": GREEN, "bad": VERMILION, "warn": VERMILION}
SYMBOL_UNITS = 34


def draw_card(brush: Canvas, area: pygame.Rect, card: Card) -> None:
    """A card at the foot of the view, so that the scene stays in sight."""
    px = brush.px
    line_h, title_h = px(25), px(38)
    lines = [brush.type.fitted(w, 17 * brush.unit, area.w - px(80), TEXT) for w in card.lines]
    title = brush.type.fitted(card.title, 25 * brush.unit, area.w - px(130), TEXT, bold=True)
    widths = [line.get_width() for line in lines]
    widths += [title.get_width() + px(SYMBOL_UNITS + 16), int(brush.keys_width(card.keys, 16))]
    wide = max(widths)
    keys_h = px(40) if card.keys else 0
    rect = pygame.Rect(0, 0, min(area.w - px(24), wide + px(52)), 0)
    rect.h = px(22) + title_h + line_h * len(lines) + keys_h + px(8)
    rect.midbottom = (area.centerx, area.bottom - px(18))
    brush.strip(rect, 232, 12)
    colour = TONES[card.tone]
    pygame.draw.rect(brush.surface, colour, rect, px(3), border_radius=px(12))
    y = rect.y + px(12) + title_h // 2
    _symbol(brush, card.tone, (rect.x + px(38), y))
    at = title.get_rect(midleft=(rect.x + px(62), y))
    brush.surface.blit(title, at)
    y += title_h // 2 + line_h // 2
    for line in lines:
        brush.surface.blit(line, line.get_rect(midleft=(rect.x + px(26), y)))
        y += line_h
    if card.keys:
        brush.keys(card.keys, (rect.x + px(24), y + px(9)), 16, rect.right + px(24))
    if card.filled > 0:
        bar = pygame.Rect(rect.x + px(14), rect.bottom - px(9), rect.w - px(28), px(5))
        brush.bar(bar, card.filled, MINT if card.tone in ("good", "plain") else YELLOW)


def _symbol(brush: Canvas, tone: str, centre: tuple[int, int]) -> None:
    """A tick, a cross or a warning, so that the colour is not needed."""
    x, y = centre
    half = brush.px(11)
    if tone in ("good", "bad"):
        draw_symbol(brush, tone == "good", centre)
    elif tone == "warn":
        corners = [(x, y - half), (x + half, y + half), (x - half, y + half)]
        pygame.draw.polygon(brush.surface, YELLOW, corners)
        brush.text("!", (x, y + half // 3), 15, (10, 10, 10), True, "center")
    else:
        pygame.draw.circle(brush.surface, DIM, centre, half, brush.px(3))


def draw_discard(brush: Canvas, area: pygame.Rect, share: float) -> None:
    """A ring that closes while the discard button is held."""
    radius = brush.px(46)
    box = pygame.Rect(0, 0, radius * 2, radius * 2)
    box.center = area.center
    brush.strip(box.inflate(brush.px(40), brush.px(70)), radius=16)
    pygame.draw.circle(brush.surface, FAINT, box.center, radius, brush.px(5))
    start = math.pi / 2 - share * 2 * math.pi
    pygame.draw.arc(brush.surface, VERMILION, box, start, math.pi / 2, brush.px(9))
    brush.text("discard", (box.centerx, box.bottom + brush.px(16)), 15, TEXT, True, "center")
    half = radius // 3
    for way in (-1, 1):
        ends = (
            (box.centerx - half, box.centery - half * way),
            (box.centerx + half, box.centery + half * way),
        )
        pygame.draw.line(brush.surface, TEXT, *ends, brush.px(5))
