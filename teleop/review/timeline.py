"""The whole episode as a line: who drove, which stage, what is bad or trimmed, where we are."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...datasets.episode import Episode
from ...datasets.judgements.judgement_state import ResolvedJudgements
from ...datasets.step import Driver
from ..devices.sdl import pygame
from ..session.driver_styles import DRIVER_STYLES
from ..ui.canvas import Canvas
from ..ui.palette import (
    BACKGROUND,
    DIM,
    FAINT,
    PANEL,
    RAISED,
    TEXT,
    VERMILION,
    YELLOW,
    Colour,
)

HATCH = 7
INK: Colour = (10, 12, 14)
XOf = Callable[[float], int]
"""The pixel at which a step begins."""


def draw_timeline(
    brush: Canvas,
    area: pygame.Rect,
    episode: Episode,
    stands: ResolvedJudgements,
    step: int,
    bad_from: int | None = None,
) -> None:
    """Fill the strip under the pictures."""
    pygame.draw.rect(brush.surface, PANEL, area)
    steps = len(episode)
    row = pygame.Rect(area.x + brush.px(16), area.y + brush.px(34), 0, brush.px(26))
    row.w = area.w - brush.px(32)

    def x_of(place: float) -> int:
        return row.x + round(place / steps * row.w)

    for start, stop in runs(episode.driver):
        driver = Driver(int(episode.driver[start]))
        piece = pygame.Rect(x_of(start), row.y, max(1, x_of(stop) - x_of(start)), row.h)
        pygame.draw.rect(brush.surface, DRIVER_STYLES[driver].colour, piece)
        if driver is Driver.HUMAN:
            _hatch(brush, piece, BACKGROUND, 1)
    _stages(brush, row, episode, stands, x_of)
    _novelty(brush, row, episode, x_of)
    _dropped(brush, row, stands, steps, x_of)
    _names(brush, row, episode, x_of)
    if bad_from is not None:
        first, last = sorted((bad_from, step))
        pending = pygame.Rect(x_of(first), row.y, max(3, x_of(last + 1) - x_of(first)), row.h)
        pygame.draw.rect(brush.surface, YELLOW, pending, brush.px(3))
    x = x_of(step + 0.5)
    pygame.draw.line(brush.surface, BACKGROUND, (x, row.y - 6), (x, row.bottom + 5), brush.px(6))
    pygame.draw.line(brush.surface, TEXT, (x, row.y - 6), (x, row.bottom + 5), brush.px(3))


def _names(brush: Canvas, row: pygame.Rect, episode: Episode, x_of: XOf) -> None:
    """Who drove, on a plate, so that it can be read over hatching."""
    for start, stop in runs(episode.driver):
        if x_of(stop) - x_of(start) > brush.px(70):
            driver = Driver(int(episode.driver[start]))
            words = brush.type.rendered(DRIVER_STYLES[driver].name, 13 * brush.unit, INK, True)
            plate = words.get_rect(midleft=(x_of(start) + brush.px(6), row.centery))
            pygame.draw.rect(brush.surface, DRIVER_STYLES[driver].colour, plate.inflate(8, 4))
            brush.surface.blit(words, plate)


def runs(values: NDArray[np.generic]) -> list[tuple[int, int]]:
    """The stretches of equal values in an array (T,), each as its first step and its end."""
    cuts = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = [0, *(int(cut) for cut in cuts), len(values)]
    return list(pairwise(edges))


def _stages(
    brush: Canvas, row: pygame.Rect, episode: Episode, stands: ResolvedJudgements, x_of: XOf
) -> None:
    names = episode.summary.header.stages
    right = 0
    for start, _ in runs(episode.stage):
        number = int(episode.stage[start])
        name = names[number] if number < len(names) else str(number)
        x = x_of(start)
        pygame.draw.line(brush.surface, FAINT, (x, row.y - brush.px(14)), (x, row.y), brush.px(2))
        if x > right:
            place = brush.text(name, (x + brush.px(4), row.y - brush.px(13)), 12.5, DIM)
            right = place.right + brush.px(8)
    for name, start in stands.stages.items():
        x = x_of(start)
        pygame.draw.line(
            brush.surface, YELLOW, (x, row.y - brush.px(6)), (x, row.bottom + brush.px(16)), 2
        )
        brush.text(f"{name} (judged)", (x + 4, row.bottom + brush.px(12)), 12.5, YELLOW)


def _novelty(brush: Canvas, row: pygame.Rect, episode: Episode, x_of: XOf) -> None:
    base = row.bottom + brush.px(51)
    tall = brush.px(30)
    scores = episode.novelty
    known = np.isfinite(scores)
    if not known.any():
        brush.text("no policy was loaded: no novelty", (row.x, base - tall // 2), 12.5, FAINT)
        return
    pygame.draw.line(brush.surface, RAISED, (row.x, base), (row.right, base))
    points = [(x_of(i + 0.5), base - round(float(scores[i]) * tall)) for i in np.flatnonzero(known)]
    if len(points) > 1:
        pygame.draw.lines(brush.surface, YELLOW, False, points, brush.px(2))
    brush.text("novelty", (row.x, base + brush.px(9)), 11.5, DIM)


def _dropped(
    brush: Canvas, row: pygame.Rect, stands: ResolvedJudgements, steps: int, x_of: XOf
) -> None:
    for start, stop in stands.dropped(steps):
        piece = pygame.Rect(x_of(start), row.y, max(2, x_of(stop) - x_of(start)), row.h)
        ground = pygame.Surface(piece.size, pygame.SRCALPHA)
        ground.fill((*BACKGROUND, 190))
        brush.surface.blit(ground, piece)
        _hatch(brush, piece, VERMILION, 2)


def _hatch(brush: Canvas, rect: pygame.Rect, colour: Colour, width: int) -> None:
    before = brush.surface.get_clip()
    brush.surface.set_clip(rect.clip(before))
    for x in range(rect.x - rect.h, rect.right, brush.px(HATCH * (3 if width == 1 else 1))):
        ends = (x, rect.bottom), (x + rect.h, rect.y)
        pygame.draw.line(brush.surface, colour, *ends, width)
    brush.surface.set_clip(before)
