"""`draw_timeline` draws an episode's steps as a bar under the pictures of the review window.

The bar shows who drove, stages, novelty, bad and trimmed steps, and the step on display.
"""

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
from ..ui.palette import BACKGROUND, DIM, FAINT, PANEL, RAISED, TEXT, VERMILION, YELLOW, Colour

HATCH = 7
"""Distance between two hatching lines, in the canvas's units."""
INK: Colour = (10, 12, 14)
XOf = Callable[[float], int]
"""From a step to the x of its beginning, pixels of the window."""


def draw_timeline(
    canvas: Canvas,
    area: pygame.Rect,
    episode: Episode,
    stands: ResolvedJudgements,
    step: int,
    bad_from: int | None = None,
) -> None:
    """Draw the timeline into `area`; `bad_from` is where a pending bad stretch began, if any."""
    pygame.draw.rect(canvas.surface, PANEL, area)
    steps = len(episode)
    row = pygame.Rect(area.x + canvas.px(16), area.y + canvas.px(34), 0, canvas.px(26))
    row.w = area.w - canvas.px(32)

    def x_of(place: float) -> int:
        return row.x + round(place / steps * row.w)

    for start, stop in runs(episode.driver):
        driver = Driver(int(episode.driver[start]))
        piece = pygame.Rect(x_of(start), row.y, max(1, x_of(stop) - x_of(start)), row.h)
        pygame.draw.rect(canvas.surface, DRIVER_STYLES[driver].colour, piece)
        if driver is Driver.HUMAN:
            _hatch(canvas, piece, BACKGROUND, 1)
    _stages(canvas, row, episode, stands, x_of)
    _novelty(canvas, row, episode, x_of)
    _dropped(canvas, row, stands, steps, x_of)
    _names(canvas, row, episode, x_of)
    if bad_from is not None:
        first, last = sorted((bad_from, step))
        pending = pygame.Rect(x_of(first), row.y, max(3, x_of(last + 1) - x_of(first)), row.h)
        pygame.draw.rect(canvas.surface, YELLOW, pending, canvas.px(3))
    x = x_of(step + 0.5)
    pygame.draw.line(canvas.surface, BACKGROUND, (x, row.y - 6), (x, row.bottom + 5), canvas.px(6))
    pygame.draw.line(canvas.surface, TEXT, (x, row.y - 6), (x, row.bottom + 5), canvas.px(3))


def _names(canvas: Canvas, row: pygame.Rect, episode: Episode, x_of: XOf) -> None:
    """Write who drove on a plain background, to be readable over hatching."""
    for start, stop in runs(episode.driver):
        if x_of(stop) - x_of(start) > canvas.px(70):
            driver = Driver(int(episode.driver[start]))
            words = canvas.type.rendered(DRIVER_STYLES[driver].name, 13 * canvas.unit, INK, True)
            plate = words.get_rect(midleft=(x_of(start) + canvas.px(6), row.centery))
            pygame.draw.rect(canvas.surface, DRIVER_STYLES[driver].colour, plate.inflate(8, 4))
            canvas.surface.blit(words, plate)


def runs(values: NDArray[np.generic]) -> list[tuple[int, int]]:
    """The runs of equal values in an array (T,), each as [first step, end)."""
    cuts = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = [0, *(int(cut) for cut in cuts), len(values)]
    return list(pairwise(edges))


def _stages(
    canvas: Canvas, row: pygame.Rect, episode: Episode, stands: ResolvedJudgements, x_of: XOf
) -> None:
    names = episode.summary.header.stages
    right = 0
    for start, _ in runs(episode.stage):
        number = int(episode.stage[start])
        name = names[number] if number < len(names) else str(number)
        x = x_of(start)
        pygame.draw.line(
            canvas.surface, FAINT, (x, row.y - canvas.px(14)), (x, row.y), canvas.px(2)
        )
        if x > right:
            place = canvas.text(name, (x + canvas.px(4), row.y - canvas.px(13)), 12.5, DIM)
            right = place.right + canvas.px(8)
    for name, start in stands.stages.items():
        x = x_of(start)
        pygame.draw.line(
            canvas.surface, YELLOW, (x, row.y - canvas.px(6)), (x, row.bottom + canvas.px(16)), 2
        )
        canvas.text(f"{name} (judged)", (x + 4, row.bottom + canvas.px(12)), 12.5, YELLOW)


def _novelty(canvas: Canvas, row: pygame.Rect, episode: Episode, x_of: XOf) -> None:
    base = row.bottom + canvas.px(51)
    tall = canvas.px(30)
    scores = episode.novelty
    known = np.isfinite(scores)
    if not known.any():
        canvas.text("no policy was loaded: no novelty", (row.x, base - tall // 2), 12.5, FAINT)
        return
    pygame.draw.line(canvas.surface, RAISED, (row.x, base), (row.right, base))
    points = [(x_of(i + 0.5), base - round(float(scores[i]) * tall)) for i in np.flatnonzero(known)]
    if len(points) > 1:
        pygame.draw.lines(canvas.surface, YELLOW, False, points, canvas.px(2))
    canvas.text("novelty", (row.x, base + canvas.px(9)), 11.5, DIM)


def _dropped(
    canvas: Canvas, row: pygame.Rect, stands: ResolvedJudgements, steps: int, x_of: XOf
) -> None:
    for start, stop in stands.dropped(steps):
        piece = pygame.Rect(x_of(start), row.y, max(2, x_of(stop) - x_of(start)), row.h)
        ground = pygame.Surface(piece.size, pygame.SRCALPHA)
        ground.fill((*BACKGROUND, 190))
        canvas.surface.blit(ground, piece)
        _hatch(canvas, piece, VERMILION, 2)


def _hatch(canvas: Canvas, rect: pygame.Rect, colour: Colour, width: int) -> None:
    before = canvas.surface.get_clip()
    canvas.surface.set_clip(rect.clip(before))
    for x in range(rect.x - rect.h, rect.right, canvas.px(HATCH * (3 if width == 1 else 1))):
        ends = (x, rect.bottom), (x + rect.h, rect.y)
        pygame.draw.line(canvas.surface, colour, *ends, width)
    canvas.surface.set_clip(before)
