"""This function draws the panel at the side: recorded cameras, stages, and gauges.

Screen calls `draw_column` for each frame with the Dashboard.
"""

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

NOVELTY_DECADES = 4.0
"""The novelty bar is full at five times as unusual as all of training."""
ROW = 27.0


def draw_column(canvas: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """Draw the panel at the side."""
    pygame.draw.rect(canvas.surface, PANEL, layout.column)
    for rect, (name, image) in zip(layout.insets, board.insets.items(), strict=False):
        canvas.picture(image, rect)
        pygame.draw.rect(canvas.surface, FAINT, rect, canvas.px(1))
        label = canvas.type.rendered(name, 12.5 * canvas.unit)
        strip = label.get_rect(topleft=rect.topleft).inflate(canvas.px(8), canvas.px(4))
        strip.topleft = rect.topleft
        canvas.strip(strip, radius=0)
        canvas.surface.blit(label, label.get_rect(center=strip.center))
    _stages(canvas, layout, board)
    _gauges(canvas, layout, board)


def _stages(canvas: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """Draw the task's stages from top to bottom, the present one filled."""
    left = layout.insets[0].right + canvas.px(12)
    top = layout.insets[0].y + canvas.px(4)
    room = layout.column.right - left - canvas.px(6)
    canvas.text("stage", (left, top + canvas.px(6)), 12.5, DIM)
    now = board.stages.index(board.stage) if board.stage in board.stages else 0
    step = min(canvas.px(30), (layout.insets[1].bottom - top) // (len(board.stages) + 1))
    for i, stage in enumerate(board.stages):
        y = top + canvas.px(34) + i * step
        centre = (left + canvas.px(8), y)
        last = i == len(board.stages) - 1  # the last stage means done
        if i < now or (i == now and last):
            pygame.draw.circle(canvas.surface, MINT, centre, canvas.px(8 if i == now else 6))
        elif i == now:
            pygame.draw.circle(canvas.surface, YELLOW, centre, canvas.px(8))
        else:
            pygame.draw.circle(canvas.surface, FAINT, centre, canvas.px(6), canvas.px(2))
        colour = TEXT if i == now else DIM
        at = (left + canvas.px(22), y)
        canvas.text(stage, at, 14.5, colour, i == now, width=room - canvas.px(22))


def _gauges(canvas: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    area = layout.gauges
    rows = (
        6.0
        + (1.7 if board.policy else 0)
        + bool(board.session)
        + bool(board.active_policy)
        + (board.running_agreement is not None)
    )
    row = min(ROW * canvas.unit, area.h / rows)
    y = area.y + row / 2
    opening = board.gripper_m / PANDA.opening_m
    grip = "closing" if board.closing else "open"
    _gauge(canvas, area, y, "gripper", grip, opening, SKY)
    slow = "" if board.slowness == 1 else f"   time 1/{board.slowness}"
    y += row
    _line(canvas, area, y, "speed", f"{board.speed}{slow}", YELLOW if slow else TEXT)
    if board.precision > 0.02:
        room = pygame.Rect(area.right - canvas.px(70), 0, canvas.px(66), canvas.px(9))
        room.centery = round(y)
        canvas.bar(room, board.precision, SKY)
    for name, value in (
        ("drives", board.device),
        ("view", f"{board.camera} camera"),
        ("sticks", "follow the picture" if board.frame == "picture" else "follow the robot's base"),
    ):
        y += row
        _line(canvas, area, y, name, value, TEXT)
    if board.session:
        y += row
        _line(canvas, area, y, "session", board.session, TEXT)
    if board.active_policy:
        y += row
        _line(canvas, area, y, "policy", board.active_policy, TEXT)
    if board.running_agreement is not None:
        y += row
        _running_agreement(canvas, area, y, board.running_agreement)
    if board.policy and not math.isnan(board.novelty):
        _novelty(canvas, area, y + row, row, board)


def _running_agreement(
    canvas: Canvas, area: pygame.Rect, y: float, running_agreement: float
) -> None:
    """Draw how far the policy agreed with the human in the last steps."""
    words = agreement_words(running_agreement)
    if math.isnan(running_agreement):
        _line(canvas, area, y, "agreement", words, DIM)
        return
    _line(canvas, area, y, "agreement", words, TEXT)
    bar = pygame.Rect(
        area.x + canvas.px(166), 0, area.right - area.x - canvas.px(168), canvas.px(9)
    )
    bar.centery = round(y)
    colour = MINT if running_agreement >= GOOD_COSINE else ORANGE
    canvas.bar(bar, (1 + running_agreement) / 2, colour, (1 + GOOD_COSINE) / 2)


def agreement_words(running_agreement: float) -> str:
    """Whether the policy would do the same, by the cosine of both actions."""
    if math.isnan(running_agreement):
        return "compared as you drive"
    return "agrees" if running_agreement >= GOOD_COSINE else "wants other"


def _line(
    canvas: Canvas, area: pygame.Rect, y: float, name: str, value: str, colour: Colour
) -> None:
    canvas.text(name, (area.x, y), 13.5, DIM, width=canvas.px(76))
    left = area.x + canvas.px(80)
    canvas.text(value, (left, y), 14, colour, width=area.right - left)


def _gauge(
    canvas: Canvas, area: pygame.Rect, y: float, name: str, value: str, share: float, colour: Colour
) -> None:
    _line(canvas, area, y, name, value, TEXT)
    bar = pygame.Rect(
        area.x + canvas.px(150), 0, area.right - area.x - canvas.px(152), canvas.px(9)
    )
    bar.centery = round(y)
    canvas.bar(bar, share, colour)


def novelty_share(novelty: float) -> float:
    """Share of a logarithmic bar for a novelty: 0.9 a quarter, 0.99 half, 0.9999 full."""
    if not math.isfinite(novelty):
        return 0.0
    rare = max(1.0 - novelty, 10**-NOVELTY_DECADES)
    return min(1.0, -math.log10(rare) / NOVELTY_DECADES)


def novelty_words(board: Dashboard) -> str:
    """How new the scene is to the policy."""
    if not math.isfinite(board.novelty):
        return "not known"
    if board.novelty >= board.novelty_threshold:
        return "new to the policy!"
    return "unusual" if board.novelty > 0.9 else "familiar"


def _novelty(canvas: Canvas, area: pygame.Rect, y: float, row: float, board: Dashboard) -> None:
    known = math.isfinite(board.novelty)
    strange = known and board.novelty >= board.novelty_threshold
    words = novelty_words(board)
    colour = VERMILION if strange else ORANGE
    _line(canvas, area, y, "novelty", words, TEXT if not strange else YELLOW)
    bar = pygame.Rect(area.x, 0, area.w - canvas.px(2), canvas.px(11))
    bar.centery = round(y + row * 0.75)
    mark = novelty_share(board.novelty_threshold)
    if known:
        canvas.bar(bar, novelty_share(board.novelty), colour, mark)
    else:
        pygame.draw.rect(canvas.surface, RAISED, bar, canvas.px(1), border_radius=bar.h // 2)
