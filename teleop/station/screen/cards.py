"""Two functions draw over the large picture: a card, and the ring of a held discard button."""

import math

from ...devices.sdl import pygame
from ...ui.canvas import Canvas
from ...ui.palette import DIM, FAINT, GREEN, MINT, TEXT, VERMILION, YELLOW, Colour
from ...ui.widgets import draw_symbol
from .dashboard import Card

TONES: dict[str, Colour] = {"plain": FAINT, "good": GREEN, "bad": VERMILION, "warn": VERMILION}
SYMBOL_UNITS = 34


def draw_card(canvas: Canvas, area: pygame.Rect, card: Card) -> None:
    """Draw a card at the foot of the picture, where it hides little of the scene."""
    px = canvas.px
    line_h, title_h = px(25), px(38)
    lines = [canvas.type.fitted(w, 17 * canvas.unit, area.w - px(80), TEXT) for w in card.lines]
    title = canvas.type.fitted(card.title, 25 * canvas.unit, area.w - px(130), TEXT, bold=True)
    widths = [line.get_width() for line in lines]
    widths += [title.get_width() + px(SYMBOL_UNITS + 16), int(canvas.keys_width(card.keys, 16))]
    wide = max(widths)
    keys_h = px(40) if card.keys else 0
    rect = pygame.Rect(0, 0, min(area.w - px(24), wide + px(52)), 0)
    rect.h = px(22) + title_h + line_h * len(lines) + keys_h + px(8)
    rect.midbottom = (area.centerx, area.bottom - px(18))
    canvas.strip(rect, 232, 12)
    colour = TONES[card.tone]
    pygame.draw.rect(canvas.surface, colour, rect, px(3), border_radius=px(12))
    y = rect.y + px(12) + title_h // 2
    _symbol(canvas, card.tone, (rect.x + px(38), y))
    at = title.get_rect(midleft=(rect.x + px(62), y))
    canvas.surface.blit(title, at)
    y += title_h // 2 + line_h // 2
    for line in lines:
        canvas.surface.blit(line, line.get_rect(midleft=(rect.x + px(26), y)))
        y += line_h
    if card.keys:
        canvas.keys(card.keys, (rect.x + px(24), y + px(9)), 16, rect.right + px(24))
    if card.filled > 0:
        bar = pygame.Rect(rect.x + px(14), rect.bottom - px(9), rect.w - px(28), px(5))
        canvas.bar(bar, card.filled, MINT if card.tone in ("good", "plain") else YELLOW)


def _symbol(canvas: Canvas, tone: str, centre: tuple[int, int]) -> None:
    """Draw a tick, a cross or a warning, for people who do not see the colours."""
    x, y = centre
    half = canvas.px(11)
    if tone in ("good", "bad"):
        draw_symbol(canvas, tone == "good", centre)
    elif tone == "warn":
        corners = [(x, y - half), (x + half, y + half), (x - half, y + half)]
        pygame.draw.polygon(canvas.surface, YELLOW, corners)
        canvas.text("!", (x, y + half // 3), 15, (10, 10, 10), True, "center")
    else:
        pygame.draw.circle(canvas.surface, DIM, centre, half, canvas.px(3))


def draw_discard(canvas: Canvas, area: pygame.Rect, share: float) -> None:
    """Draw a ring that closes while the discard button is held; `share` in [0, 1]."""
    radius = canvas.px(46)
    box = pygame.Rect(0, 0, radius * 2, radius * 2)
    box.center = area.center
    canvas.strip(box.inflate(canvas.px(40), canvas.px(70)), radius=16)
    pygame.draw.circle(canvas.surface, FAINT, box.center, radius, canvas.px(5))
    start = math.pi / 2 - share * 2 * math.pi
    pygame.draw.arc(canvas.surface, VERMILION, box, start, math.pi / 2, canvas.px(9))
    canvas.text("discard", (box.centerx, box.bottom + canvas.px(16)), 15, TEXT, True, "center")
    half = radius // 3
    for way in (-1, 1):
        ends = (
            (box.centerx - half, box.centery - half * way),
            (box.centerx + half, box.centery + half * way),
        )
        pygame.draw.line(canvas.surface, TEXT, *ends, canvas.px(5))
