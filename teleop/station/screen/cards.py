"""Two functions draw a card beside the large picture, and the ring of a held discard button."""

import math

from ...devices.sdl import pygame
from ...ui.canvas import Canvas
from ...ui.palette import DIM, FAINT, GREEN, MINT, TEXT, VERMILION, YELLOW, Colour
from ...ui.widgets import draw_symbol, wrapped
from .dashboard import Card

TONES: dict[str, Colour] = {"plain": FAINT, "good": GREEN, "bad": VERMILION, "warn": VERMILION}
TITLE_UNITS, LINE_UNITS = 18.0, 14.0
MOST_LINES = 6


def draw_card(canvas: Canvas, area: pygame.Rect, card: Card) -> None:
    """Draw a card that fills `area`, beside the picture: it hides nothing that it asks about."""
    px, colour = canvas.px, TONES[card.tone]
    canvas.strip(area, 255, 10)
    pygame.draw.rect(canvas.surface, colour, area, px(3), border_radius=px(10))
    room, y = area.w - px(28), area.y + px(24)
    _symbol(canvas, card.tone, (area.x + px(26), y))
    for line in wrapped(canvas, card.title, TITLE_UNITS + 1, room - px(34), 2):
        canvas.text(line, (area.x + px(48), y), TITLE_UNITS, TEXT, True, width=room - px(34))
        y += px(23)
    lines = [
        part for line in card.lines for part in wrapped(canvas, line, LINE_UNITS, room, MOST_LINES)
    ]
    below = area.bottom - px(16) - y
    step = min(px(26), below // max(1, len(lines) + len(card.keys)))
    for line in lines:
        canvas.text(line, (area.x + px(14), y + step // 3), LINE_UNITS, TEXT, width=room)
        y += min(step, px(19))
    y += step // 2 + px(4)
    for key in card.keys:
        canvas.keys((key,), (area.x + px(14), y), LINE_UNITS + 0.5, area.right)
        y += step
    if card.filled > 0:
        bar = pygame.Rect(area.x + px(12), area.bottom - px(11), area.w - px(24), px(5))
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
