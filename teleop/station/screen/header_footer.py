"""The window's frame: the border that tells who drives, the head line and the foot line."""

import math

from ....datasets.step import Driver
from ...devices.sdl import pygame
from ...session.driver_styles import DRIVER_STYLES
from ...ui.canvas import Canvas
from ...ui.layout import DriveLayout
from ...ui.palette import (
    BACKGROUND,
    DIM,
    FAINT,
    PANEL,
    TEXT,
    VERMILION,
    YELLOW,
    Colour,
    readable_on,
)
from ..states import WindowState
from .dashboard import Dashboard

LEAST_MINUTES = 30.0
FIGURE_SPACE = "\u2007"
"""As wide as a digit."""
REC: Colour = (235, 64, 52)
STATE_WORDS = {
    WindowState.LESSON: "LESSON",
    WindowState.READY: "READY",
    WindowState.PAUSED: "PAUSED",
    WindowState.REWINDING: "REWOUND",
    WindowState.VERDICT: "VERDICT",
    WindowState.DISCARDED: "DISCARDED",
    WindowState.FREE: "FREE DRIVE: NOT RECORDED",
    WindowState.CLOSED: "SAVING",
}
HALTED = (WindowState.PAUSED, WindowState.REWINDING, WindowState.VERDICT, WindowState.DISCARDED)


def tone(board: Dashboard) -> tuple[Colour, str]:
    """Colour and words for who drives."""
    if board.state is WindowState.PAUSED and board.card and board.card.tone == "warn":
        return VERMILION, "THE ARM HOLDS STILL"
    if board.state in HALTED:
        return FAINT, "THE ARM HOLDS STILL"
    if board.calling:
        return VERMILION, "THE POLICY CALLS YOU"
    ending = "" if board.operator == "YOU" else "S"
    style = DRIVER_STYLES[board.driver]
    words = style.banner.format(operator=board.operator, s=ending)
    if board.driver is Driver.BLEND:  # of one width, or the words would jump with every number
        words = f"{words}: POLICY {f'{board.share:.0%}'.rjust(4, FIGURE_SPACE)}"
    return style.colour, words


def draw_border(brush: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """A frame around everything, in the driver's colour; dashed while nobody drives."""
    colour, _ = tone(board)
    width = layout.border
    pygame.draw.rect(brush.surface, colour, layout.window, width)
    if board.driver is Driver.NOBODY or board.state in HALTED:
        for x in range(0, layout.window.w, brush.px(56)):
            for y in (0, layout.window.h - width):
                pygame.draw.rect(brush.surface, BACKGROUND, (x, y, brush.px(18), width))


def draw_top(brush: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """What to do, who drives, whether it is recorded."""
    area = layout.top
    pygame.draw.rect(brush.surface, PANEL, area)
    tab = _tab(brush, layout, board)
    x = area.x + brush.px(10)
    if board.item is not None:
        side = area.h - brush.px(10)
        frame = pygame.Rect(x, area.y + brush.px(5), side, side)
        brush.picture(board.item, frame)
        pygame.draw.rect(brush.surface, TEXT, frame, brush.px(2), border_radius=brush.px(3))
        x = frame.right + brush.px(10)
    room = tab.left - x - brush.px(12)
    brush.text(board.instruction, (x, area.centery - brush.px(9)), 20, TEXT, True, width=room)
    brush.text(standing(board), (x, area.centery + brush.px(16)), 14, DIM, width=room)
    _recording(brush, area, board, tab.right + brush.px(12))


def standing(board: Dashboard) -> str:
    """The level, and which policy drives there or only looks on."""
    words = [f"level: {board.level}"]
    if board.requests_left is not None:
        words[0] += f", {board.requests_left} call{'' if board.requests_left == 1 else 's'} left"
    if board.policy and board.looks_on:
        words.append(f"policy {board.policy} looks on")
    elif board.policy:
        words.append(f"policy {board.policy}")
    return "  ·  ".join(words)


def _tab(brush: Canvas, layout: DriveLayout, board: Dashboard) -> pygame.Rect:
    """The words in the middle of the head line, hanging from the border."""
    colour, words = tone(board)
    ink = readable_on(colour)
    line = brush.type.rendered(words, 21 * brush.unit, ink, bold=True)
    tab = pygame.Rect(0, 0, line.get_width() + brush.px(76), layout.top.h - brush.px(10))
    tab.midtop = (layout.window.centerx, layout.top.y)
    corner = brush.px(10)
    pygame.draw.rect(
        brush.surface, colour, tab,
        border_bottom_left_radius=corner, border_bottom_right_radius=corner,
    )  # fmt: skip
    driver = Driver.NOBODY if board.state in HALTED else board.driver
    brush.driver(driver, (tab.x + brush.px(30), tab.centery), 26, ink)
    brush.surface.blit(line, line.get_rect(midleft=(tab.x + brush.px(52), tab.centery)))
    return tab


def _recording(brush: Canvas, area: pygame.Rect, board: Dashboard, left: int) -> None:
    right = area.right - brush.px(14)
    room = right - left
    if board.state is WindowState.RECORDING:
        words, colour = f"REC  {clock(board.seconds)}", TEXT
        dot = brush.px(8)
        line = brush.text(words, (right, area.centery - brush.px(9)), 20, colour, True, "midright")
        pygame.draw.circle(brush.surface, REC, (line.x - dot - brush.px(6), line.centery), dot)
        used = pygame.Rect(right - brush.px(150), area.bottom - brush.px(6), brush.px(150), 3)
        if board.time_used > 0.5:
            brush.bar(used, board.time_used, YELLOW)
    else:
        words = STATE_WORDS[board.state]
        if board.state in HALTED:
            words = f"{words}  {clock(board.seconds)}"
        brush.text(words, (right, area.centery - brush.px(9)), 18, YELLOW, True, "midright", room)
    won, episodes = board.tally
    tally = f"episode {board.episode}   on disk: {won} of {episodes} succeeded"
    brush.text(tally, (right, area.centery + brush.px(16)), 14, DIM, False, "midright", room)


def draw_bottom(brush: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """What the buttons do now, and how well the session keeps its time."""
    area = layout.bottom
    pygame.draw.rect(brush.surface, PANEL, area)
    right = float(area.right - brush.px(14))
    for words, colour in reversed(_health(board)):
        line = brush.text(words, (right, area.centery), 13, colour, anchor="midright")
        right = line.left - brush.px(13)
    brush.keys(board.hints, (area.x + brush.px(12), area.centery), 13.5, right)


def _health(board: Dashboard) -> list[tuple[str, Colour]]:
    """Short, for the room belongs to the buttons."""
    health = board.health
    parts: list[tuple[str, Colour]] = []
    if math.isfinite(health.hz):
        worst = f", worst {health.worst_hz:.1f}" if math.isfinite(health.worst_hz) else ""
        slow = health.hz * board.slowness < 19.0
        parts.append((f"{health.hz:.1f} Hz{worst}", YELLOW if slow else DIM))
    parts.append((f"{health.late} late", YELLOW if health.late_share > 0.01 else DIM))
    parts.append((f"{health.frames:.0f} fps", DIM))
    short = health.minutes_left < LEAST_MINUTES
    parts.append((f"disk {minutes(health.minutes_left)}", VERMILION if short else DIM))
    if not board.sound:
        parts.append(("muted", DIM))
    return parts


def clock(seconds: float) -> str:
    """Minutes, seconds and tenths."""
    whole = int(seconds * 10 + 0.5)
    return f"{whole // 600}:{whole // 10 % 60:02d}.{whole % 10}"


def minutes(value: float) -> str:
    """Minutes, or hours where there are many."""
    if value >= 5999 * 60:
        return "> 5999 h"
    return f"{value:.0f} min" if value < 120 else f"{value / 60:.0f} h"
