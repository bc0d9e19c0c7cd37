"""The wall: every arm small, who asks and since when; and the last two seconds of the one in focus.

`frames` draws it above the seat of the arm in focus.
"""

from collections.abc import Sequence

import numpy as np

from ....datasets.step import Driver
from ....sim_envs.spaces import Image
from ...devices.sdl import pygame
from ...session.driver_styles import DRIVER_STYLES
from ...station.states import TICKING, WindowState
from ...ui.canvas import Canvas
from ...ui.palette import BACKGROUND, DIM, PANEL, TEXT, VERMILION, Colour, readable_on
from ...ui.widgets import wrapped
from .seat import Seat

STRIP, GAP, BORDER = 0.2, 6, 5
"""Height of the wall as a share of the window's; between tiles, and around one, in units."""
NOTHING: Image = np.zeros((8, 8, 3), np.uint8)


def wall_area(window: pygame.Rect) -> pygame.Rect:
    """Where the wall is in a window; the seat has what is below."""
    return pygame.Rect(window.x, window.y, window.w, round(window.h * STRIP))


def tiles(area: pygame.Rect, count: int, gap: int) -> list[pygame.Rect]:
    """A rectangle for each arm, in one row, or in two where there are more than eight."""
    rows = 1 if count <= 8 else 2
    columns = -(-count // rows)
    wide, high = (area.w - gap) // columns, (area.h - gap) // rows
    places = [divmod(place, columns) for place in range(count)]
    return [
        pygame.Rect(area.x + gap + c * wide, area.y + gap + r * high, wide - gap, high - gap)
        for r, c in places
    ]


def draw_wall(
    canvas: Canvas, area: pygame.Rect, seats: Sequence[Seat], camera: str, now: float
) -> None:
    """Draw a tile for each arm."""
    pygame.draw.rect(canvas.surface, BACKGROUND, area)
    for rect, seat in zip(tiles(area, len(seats), canvas.px(GAP)), seats, strict=True):
        _tile(canvas, rect, seat, camera, now)


def words(seat: Seat, now: float) -> tuple[Colour, str, str]:
    """The colour of an arm's tile, what it does, and why or since when."""
    loop = seat.loop
    if seat.calling:
        asks = "HAS FAILED" if seat.failed else "ASKS"
        return VERMILION, f"{asks} {seat.waited_s(now):.0f} s", seat.why
    if loop.state is WindowState.READY:
        return DRIVER_STYLES[Driver.NOBODY].colour, "new scene", ""
    if loop.state not in TICKING:
        return DRIVER_STYLES[Driver.NOBODY].colour, "holds still", loop.lost or loop.state.value
    driver = seat.live.episode.authority.driver
    who = {Driver.HUMAN: "you drive", Driver.POLICY: "policy"}.get(driver, "rests")
    hz = seat.live.env.world_spec.control_hz
    return DRIVER_STYLES[driver].colour, who, f"{seat.live.episode.steps / hz:.0f} s"


def solved_words(seat: Seat) -> str:
    """How many of an arm's episodes were solved."""
    done = seat.live.outcomes
    return f"{sum(outcome.success for outcome in done)} of {len(done)} solved"


def tile_picture(seat: Seat, camera: str) -> Image:
    """What an arm's camera sees, uint8 [H, W, 3]."""
    seen = seat.live.episode.observation.get(f"{camera}_image", NOTHING)
    return np.asarray(seen, np.uint8)


def _tile(canvas: Canvas, rect: pygame.Rect, seat: Seat, camera: str, now: float) -> None:
    """Picture, number, what the arm does, and a border in the driver's colour."""
    colour, what, why = words(seat, now)
    pygame.draw.rect(canvas.surface, PANEL, rect)
    side = min(rect.h, rect.w)
    canvas.picture(tile_picture(seat, camera), pygame.Rect(rect.x, rect.y, side, side))
    beside = rect.w >= 1.8 * rect.h
    text = pygame.Rect(rect.x + side, rect.y, rect.w - side, rect.h)
    if not beside:
        text = pygame.Rect(rect.x, rect.bottom - canvas.px(48), rect.w, canvas.px(48))
        canvas.strip(text, 200, 0)
    x, room = text.x + canvas.px(10), text.w - canvas.px(16)
    lines = _lines(seat, what, wrapped(canvas, why, 13.0, room, 2), beside)
    step = text.h / (len(lines) + 0.6)
    for place, (line, size, bold) in enumerate(lines):
        shade = TEXT if bold else DIM
        canvas.text(line, (x, text.y + step * (place + 0.8)), size, shade, bold, width=room)
    wide = canvas.px(BORDER * (2 if seat.in_focus else 1))
    pygame.draw.rect(canvas.surface, colour, rect, wide)
    if seat.in_focus:
        pygame.draw.rect(
            canvas.surface, TEXT, rect.inflate(canvas.px(4), canvas.px(4)), canvas.px(2)
        )
    if seat.calling:
        _badge(canvas, rect, colour)


def _lines(seat: Seat, what: str, why: list[str], beside: bool) -> list[tuple[str, float, bool]]:
    """Text, size and weight of a tile's lines."""
    name = f"arm {seat.number + 1}" + (": here" if seat.in_focus else "")
    lines = [(name, 15.0, False), (what, 19.0, True)]
    if beside:
        lines += [(line, 13.0, False) for line in why]
        lines += [(solved_words(seat), 13.0, False)]
    return lines


def _badge(canvas: Canvas, rect: pygame.Rect, colour: Colour) -> None:
    """An exclamation mark, for who does not see the colours."""
    centre = (rect.x + canvas.px(20), rect.y + canvas.px(20))
    pygame.draw.circle(canvas.surface, colour, centre, canvas.px(14))
    canvas.text("!", centre, 20, readable_on(colour), True, "center")


def replayed(seat: Seat, now: float) -> tuple[Image, str] | None:
    """A picture of the last two seconds before an arm asked or failed, and words for it.

    None where it does neither.
    """
    pictures = seat.last.pictures
    if not pictures or not seat.calling:
        return None
    hz = seat.live.env.world_spec.control_hz
    before = "it failed" if seat.failed else "it asked"
    caption = f"the last {len(pictures) / hz:.0f} s before {before}"
    return np.asarray(pictures[int(now * hz) % len(pictures)], np.uint8), caption


def draw_replay(canvas: Canvas, body: pygame.Rect, seat: Seat, now: float) -> None:
    """Show again, over the large picture, the last two seconds before an arm asked or failed."""
    again = replayed(seat, now)
    if again is None:
        return
    side = round(body.h * 0.42)
    area = pygame.Rect(body.right - side - canvas.px(12), body.y + canvas.px(12), side, side)
    canvas.picture(again[0], area)
    pygame.draw.rect(canvas.surface, VERMILION, area, canvas.px(3))
    caption = pygame.Rect(area.x, area.bottom - canvas.px(26), side, canvas.px(26))
    canvas.strip(caption, 222, 0)
    canvas.text(again[1], caption.center, 14, TEXT, anchor="center", width=side)
