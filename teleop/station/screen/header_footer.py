"""These functions draw the border that shows who drives, the head line and the foot line.

Screen calls them for each frame with the Dashboard.
"""

import math

from ....datasets.step import Driver
from ...devices.sdl import pygame
from ...session.driver_styles import DRIVER_STYLES
from ...ui.canvas import Canvas
from ...ui.layout import DriveLayout
from ...ui.palette import (
    BACKGROUND,
    DIM,
    PANEL,
    TEXT,
    VERMILION,
    YELLOW,
    Colour,
    readable_on,
)
from ...ui.widgets import wrapped
from ..states import HOLDS_EPISODE, TICKING, WindowState
from .dashboard import Dashboard
from .order import draw_chips, progress

LEAST_MINUTES = 30.0
FIGURE_SPACE = "\u2007"
"""As wide as a digit."""
REC: Colour = (235, 64, 52)
STATE_WORDS = {
    WindowState.TUTORIAL: "TUTORIAL",
    WindowState.READY: "READY",
    WindowState.PAUSED: "PAUSED",
    WindowState.STALLED: "HELD",
    WindowState.DOUBTED: "VERDICT",
    WindowState.REWINDING: "REWOUND",
    WindowState.VERDICT: "VERDICT",
    WindowState.DISCARDED: "DISCARDED",
    WindowState.FREE: "FREE DRIVE: NOT RECORDED",
    WindowState.CLOSED: "SAVING",
}
INSTRUCTION_SIZES = ((20.0, 1), (18.0, 1), (15.0, 2), (14.0, 2), (13.0, 2), (12.0, 2))
"""Text sizes and numbers of lines, the best one first."""
SHIFT, RECORDING_ROOM = 105.0, 280.0
"""How far to the right who drives stands where the order is long, and what is left for the state
at the right, in units of the design."""
HALTED = HOLDS_EPISODE - TICKING


def driver_banner(board: Dashboard) -> tuple[Colour, str]:
    """Colour and words for who drives."""
    warned = board.card is not None and board.card.tone == "warn"
    if warned and board.state in (WindowState.PAUSED, WindowState.STALLED):
        return VERMILION, "THE ARM HOLDS STILL"
    if board.state in HALTED:
        return DRIVER_STYLES[Driver.NOBODY].colour, "THE ARM HOLDS STILL"
    if board.calling:
        return VERMILION, "THE POLICY ASKS FOR HELP"
    ending = "" if board.operator == "YOU" else "S"
    style = DRIVER_STYLES[board.driver]
    words = style.banner.format(operator=board.operator, s=ending)
    if board.driver is Driver.BLEND:  # of one width, or the words would jump with every number
        words = f"{words}: POLICY {f'{board.share:.0%}'.rjust(4, FIGURE_SPACE)}"
    return style.colour, words


def draw_border(canvas: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """Draw a border in the driver's colour, dashed while nobody drives."""
    colour, _ = driver_banner(board)
    width = layout.border
    pygame.draw.rect(canvas.surface, colour, layout.window, width)
    if board.driver is Driver.NOBODY or board.state in HALTED:
        for x in range(0, layout.window.w, canvas.px(56)):
            for y in (0, layout.window.h - width):
                pygame.draw.rect(canvas.surface, BACKGROUND, (x, y, canvas.px(18), width))


def draw_top(canvas: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """Draw the head line: what to do, who drives, whether it is recorded."""
    area = layout.top
    pygame.draw.rect(canvas.surface, PANEL, area)
    tab = _tab(canvas, layout, board)
    x = area.x + canvas.px(10)
    if board.order:
        row = pygame.Rect(x, area.y + canvas.px(3), tab.left - x, area.h - canvas.px(6))
        x = draw_chips(canvas, row, board.order) + canvas.px(6)
    room = tab.left - x - canvas.px(12)
    _instruction(canvas, area, board, (x, room))
    _recording(canvas, area, board, tab.right + canvas.px(12))


def _instruction(
    canvas: Canvas, area: pygame.Rect, board: Dashboard, place: tuple[int, int]
) -> None:
    """Draw the instruction, in two lines where it is long, and the level below it."""
    x, room = place
    size, lines = _fitting(canvas, board.instruction, room)
    gap = (size + 4) * canvas.unit
    top = area.centery - canvas.px(9) - (len(lines) - 1) * 0.62 * gap
    for i, line in enumerate(lines):
        canvas.text(line, (x, top + i * gap), size, TEXT, True, width=room)
    below = area.centery + canvas.px(16 if len(lines) == 1 else 19)
    canvas.text(level_line(board), (x, below), 14 if len(lines) == 1 else 13, DIM, width=room)


def _fitting(canvas: Canvas, words: str, room: int) -> tuple[float, list[str]]:
    """A size at which the words fit in one line, or in two of the same size; and the lines."""
    for size, most in INSTRUCTION_SIZES:
        lines = wrapped(canvas, words, size, room, most, bold=True)
        widths = [
            canvas.type.rendered(line, size * canvas.unit, TEXT, bold=True).get_width()
            for line in lines
        ]
        if max(widths) <= room:
            break
    return size, lines


def level_line(board: Dashboard) -> str:
    """The level, and which policy drives there or only looks on."""
    words = [*([progress(board.order)] if len(board.order) > 1 else []), f"level: {board.level}"]
    if board.requests_left is not None:
        ending = "" if board.requests_left == 1 else "s"
        words[0] += f", {board.requests_left} help request{ending} left"
    if board.policy and board.looks_on:
        words.append(f"policy {board.policy} looks on")
    elif board.policy:
        words.append(f"policy {board.policy}")
    return "  ·  ".join(words)


def _tab(canvas: Canvas, layout: DriveLayout, board: Dashboard) -> pygame.Rect:
    """Draw who drives, in the middle of the head line; returns where."""
    colour, words = driver_banner(board)
    ink = readable_on(colour)
    line = canvas.type.rendered(words, 21 * canvas.unit, ink, bold=True)
    tab = pygame.Rect(0, 0, line.get_width() + canvas.px(76), layout.top.h - canvas.px(10))
    several = len(board.order) > 1  # then the chips and the rule need more room to the left
    tab.midtop = (layout.window.centerx + canvas.px(SHIFT) * several, layout.top.y)
    tab.right = min(tab.right, layout.top.right - canvas.px(RECORDING_ROOM))
    corner = canvas.px(10)
    pygame.draw.rect(
        canvas.surface, colour, tab,
        border_bottom_left_radius=corner, border_bottom_right_radius=corner,
    )  # fmt: skip
    driver = Driver.NOBODY if board.state in HALTED else board.driver
    canvas.driver(driver, (tab.x + canvas.px(30), tab.centery), 26, ink)
    canvas.surface.blit(line, line.get_rect(midleft=(tab.x + canvas.px(52), tab.centery)))
    return tab


def _recording(canvas: Canvas, area: pygame.Rect, board: Dashboard, left: int) -> None:
    right = area.right - canvas.px(14)
    room = right - left
    if board.state is WindowState.RECORDING:
        words, colour = recording_words(board), TEXT
        dot = canvas.px(8)
        line = canvas.text(
            words, (right, area.centery - canvas.px(9)), 20, colour, True, "midright"
        )
        pygame.draw.circle(canvas.surface, REC, (line.x - dot - canvas.px(6), line.centery), dot)
        used = pygame.Rect(right - canvas.px(150), area.bottom - canvas.px(6), canvas.px(150), 3)
        if board.time_used > 0.5:
            canvas.bar(used, board.time_used, YELLOW)
    else:
        words = recording_words(board)
        canvas.text(words, (right, area.centery - canvas.px(9)), 18, YELLOW, True, "midright", room)
    canvas.text(
        tally_words(board), (right, area.centery + canvas.px(16)), 14, DIM, False, "midright", room
    )


def recording_words(board: Dashboard) -> str:
    """What the window does, and for how long where an episode runs."""
    if board.state is WindowState.RECORDING:
        return f"REC  {clock(board.seconds)}"
    words = STATE_WORDS[board.state]
    return f"{words}  {clock(board.seconds)}" if board.state in HALTED else words


def tally_words(board: Dashboard) -> str:
    """Which episode this is, and how many there are."""
    won, episodes = board.tally
    return f"episode {board.episode}   on disk: {won} of {episodes} solved"


def draw_bottom(canvas: Canvas, layout: DriveLayout, board: Dashboard) -> None:
    """Draw the foot line: what the buttons do now, control rate, frame rate, disk."""
    area = layout.bottom
    pygame.draw.rect(canvas.surface, PANEL, area)
    right = float(area.right - canvas.px(14))
    for words, colour in reversed(health_words(board)):
        line = canvas.text(words, (right, area.centery), 13, colour, anchor="midright")
        right = line.left - canvas.px(13)
    canvas.keys(board.hints, (area.x + canvas.px(12), area.centery), 13.5, right)


def health_words(board: Dashboard) -> list[tuple[str, Colour]]:
    """Short texts and their colours; the buttons need the room."""
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
