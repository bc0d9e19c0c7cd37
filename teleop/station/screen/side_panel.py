"""The column at the side: the recorded cameras, and the gauges under them."""

import math

from ....sim_envs.gripper import PANDA
from ...devices.sdl import pygame
from ...session.action_agreement import GOOD_COSINE
from ...ui.canvas import Canvas
from ...ui.layout import DriveLayout
from ...ui.palette import (
    DIM,
    FAINT,
    MINT,
    ORANGE,
    PANEL,
    RAISED,
    SKY,
    TEXT,
    VERMILION,
    YELLOW,
    Colour,
)
from .dashboard import Dashboard

NOVELTY_DECADES = 3.0
"""The novelty bar is full at one in a thousand."""
ROW = 27.0


def draw_column(brush: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """Insets, stages, gauges."""
    pygame.draw.rect(brush.surface, PANEL, layout.column)
    for rect, (name, image) in zip(layout.insets, board.insets.items(), strict=False):
        brush.picture(image, rect)
        pygame.draw.rect(brush.surface, FAINT, rect, brush.px(1))
        label = brush.type.rendered(name, 12.5 * brush.unit)
        strip = label.get_rect(topleft=rect.topleft).inflate(brush.px(8), brush.px(4))
        strip.topleft = rect.topleft
        brush.strip(strip, radius=0)
        brush.surface.blit(label, label.get_rect(center=strip.center))
    _stages(brush, layout, board)
    _gauges(brush, layout, board)


def _stages(brush: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """The task's stages from top to bottom, the current one filled."""
    left = layout.insets[0].right + brush.px(12)
    top = layout.insets[0].y + brush.px(4)
    room = layout.column.right - left - brush.px(6)
    brush.text("stage", (left, top + brush.px(6)), 12.5, DIM)
    now = board.stages.index(board.stage) if board.stage in board.stages else 0
    step = min(brush.px(30), (layout.insets[1].bottom - top) // (len(board.stages) + 1))
    for i, stage in enumerate(board.stages):
        y = top + brush.px(34) + i * step
        centre = (left + brush.px(8), y)
        last = i == len(board.stages) - 1  # which is that it is done
        if i < now or (i == now and last):
            pygame.draw.circle(brush.surface, MINT, centre, brush.px(8 if i == now else 6))
        elif i == now:
            pygame.draw.circle(brush.surface, YELLOW, centre, brush.px(8))
        else:
            pygame.draw.circle(brush.surface, FAINT, centre, brush.px(6), brush.px(2))
        colour = TEXT if i == now else DIM
        at = (left + brush.px(22), y)
        brush.text(stage, at, 14.5, colour, i == now, width=room - brush.px(22))


def _gauges(brush: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    area = layout.gauges
    rows = 6.0 + (1.7 if board.policy else 0) + bool(board.duty) + (board.accord is not None)
    row = min(ROW * brush.unit, area.h / rows)
    y = area.y + row / 2
    opening = board.gripper_m / PANDA.opening_m
    grip = "closing" if board.closing else "open"
    _gauge(brush, area, y, "gripper", grip, opening, SKY)
    slow = "" if board.slowness == 1 else f"   time 1/{board.slowness}"
    y += row
    _line(brush, area, y, "speed", f"{board.speed}{slow}", YELLOW if slow else TEXT)
    if board.precision > 0.02:
        room = pygame.Rect(area.right - brush.px(70), 0, brush.px(66), brush.px(9))
        room.centery = round(y)
        brush.bar(room, board.precision, SKY)
    for name, value in (
        ("drives", board.device),
        ("view", f"{board.camera} camera"),
        ("sticks", "follow the picture" if board.frame == "picture" else "follow the robot's base"),
    ):
        y += row
        _line(brush, area, y, name, value, TEXT)
    if board.duty:
        y += row
        _line(brush, area, y, "policy", board.duty, TEXT)
    if board.accord is not None:
        y += row
        _accord(brush, area, y, board.accord)
    if board.policy:
        _novelty(brush, area, y + row, row, board)


def _accord(brush: Canvas, area: pygame.Rect, y: float, accord: float) -> None:
    """Whether the policy wants what the human does, of late."""
    words = "agrees" if accord >= GOOD_COSINE else "wants other"
    if math.isnan(accord):
        _line(brush, area, y, "accord", "compared as you drive", DIM)
        return
    _line(brush, area, y, "accord", words, TEXT)
    bar = pygame.Rect(area.x + brush.px(166), 0, area.right - area.x - brush.px(168), brush.px(9))
    bar.centery = round(y)
    colour = MINT if accord >= GOOD_COSINE else ORANGE
    brush.bar(bar, (1 + accord) / 2, colour, (1 + GOOD_COSINE) / 2)


def _line(
    brush: Canvas, area: pygame.Rect, y: float, name: str, value: str, colour: Colour
) -> None:
    brush.text(name, (area.x, y), 13.5, DIM)
    left = area.x + brush.px(72)
    brush.text(value, (left, y), 14, colour, width=area.right - left)


def _gauge(
    brush: Canvas, area: pygame.Rect, y: float, name: str, value: str, share: float, colour: Colour
) -> None:
    _line(brush, area, y, name, value, TEXT)
    bar = pygame.Rect(area.x + brush.px(150), 0, area.right - area.x - brush.px(152), brush.px(9))
    bar.centery = round(y)
    brush.bar(bar, share, colour)


def novelty_share(novelty: float) -> float:
    """Where a novelty stands on a bar of decades: 0.9 a third, 0.99 two thirds, 0.999 full."""
    if not math.isfinite(novelty):
        return 0.0
    rare = max(1.0 - novelty, 10**-NOVELTY_DECADES)
    return min(1.0, -math.log10(rare) / NOVELTY_DECADES)


def _novelty(brush: Canvas, area: pygame.Rect, y: float, row: float, board: Dashboard) -> None:
    known = math.isfinite(board.novelty)
    strange = known and board.novelty >= board.novelty_threshold
    words = "not known" if not known else "familiar"
    if strange:
        words = "new to the policy!"
    elif known and board.novelty > 0.9:
        words = "unusual"
    colour = VERMILION if strange else ORANGE
    _line(brush, area, y, "novelty", words, TEXT if not strange else YELLOW)
    bar = pygame.Rect(area.x, 0, area.w - brush.px(2), brush.px(11))
    bar.centery = round(y + row * 0.75)
    mark = novelty_share(board.novelty_threshold)
    if known:
        brush.bar(bar, novelty_share(board.novelty), colour, mark)
    else:
        pygame.draw.rect(brush.surface, RAISED, bar, brush.px(1), border_radius=bar.h // 2)
