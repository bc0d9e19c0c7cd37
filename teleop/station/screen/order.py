"""The order shows which objects have to go where: a chip for each, with a tick once it is there."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ....sim_envs.environment import ArmEnv
from ....sim_envs.spaces import FRONT, Image
from ...devices.sdl import pygame
from ...ui.canvas import Canvas
from ...ui.depth_aid import OrderState
from ...ui.palette import DIM, MINT, RAISED, Colour, readable_on
from ...ui.widgets import draw_symbol

PICTURE = 480
"""Side of the picture from which the chips are cut, pixels."""
MARGIN = 0.25
SMALLEST_HALF = 12
CHIP_UNITS, GAP_UNITS, NAME_UNITS = 62.0, 6.0, 15.0


@dataclass(frozen=True)
class Chip:
    """One object of the order."""

    name: str
    container: str
    colour: Colour
    """Of its container."""
    done: bool
    picture: Image | None = None
    """None where the front camera does not see it."""


def chips(env: ArmEnv, order: OrderState, pictures: Mapping[str, Image]) -> tuple[Chip, ...]:
    """The order of the present episode, with the pictures that were cut at its beginning."""
    return tuple(
        Chip(
            env.task.goal_names[item.goal],
            item.container.name,
            _shown(item.container.colour),
            item.label in order.placed,
            pictures.get(item.label),
        )
        for item in order.wanted
    )


def pictures(env: ArmEnv) -> dict[str, Image]:
    """Each wanted object in the front camera's picture, uint8 [N, N, 3], by its label."""
    picture, labels = env.labelled(FRONT, PICTURE, PICTURE)
    found = {}
    for item in env.task.wanted(env.world):
        rows, columns = np.nonzero(labels == env.task.labels.index(item.label))
        if len(rows):
            found[item.label] = _cut(picture, rows, columns)
    return found


def _cut(picture: Image, rows: np.ndarray, columns: np.ndarray) -> Image:
    """The square around some pixels."""
    side = max(np.ptp(rows), np.ptp(columns)) * (1 + 2 * MARGIN)
    half = int(np.clip(side / 2, SMALLEST_HALF, PICTURE // 2))
    y = int(np.clip((rows.min() + rows.max()) // 2, half, PICTURE - half))
    x = int(np.clip((columns.min() + columns.max()) // 2, half, PICTURE - half))
    return np.ascontiguousarray(picture[y - half : y + half, x - half : x + half])


def _shown(colour: tuple[float, float, float]) -> Colour:
    red, green, blue = (round(255 * min(1.0, max(0.0, part))) for part in colour)
    return red, green, blue


def draw_chips(canvas: Canvas, area: pygame.Rect, order: tuple[Chip, ...]) -> int:
    """Draw the chips from the left of `area`; returns where they end, in pixels."""
    wide, x = canvas.px(CHIP_UNITS), area.x
    for chip in order:
        frame = pygame.Rect(x, area.y, wide, area.h)
        _draw_chip(canvas, frame, chip)
        x = frame.right + canvas.px(GAP_UNITS)
    return x


def _draw_chip(canvas: Canvas, frame: pygame.Rect, chip: Chip) -> None:
    foot = frame.copy()
    foot.h = canvas.px(NAME_UNITS)
    foot.bottom = frame.bottom
    pygame.draw.rect(canvas.surface, RAISED, frame, border_radius=canvas.px(4))
    side = frame.h - foot.h - canvas.px(2)
    square = pygame.Rect(0, 0, side, side)
    square.midtop = (frame.centerx, frame.y + canvas.px(1))
    if chip.picture is not None:
        canvas.picture(chip.picture, square)
    if chip.done:
        canvas.strip(square, 170, 0)
        draw_symbol(canvas, True, square.center)
    pygame.draw.rect(canvas.surface, chip.colour, foot, border_radius=canvas.px(3))
    ink = readable_on(chip.colour)
    canvas.text(chip.name, foot.center, 11.5, ink, True, "center", foot.w - canvas.px(4))
    edge = MINT if chip.done else DIM
    pygame.draw.rect(canvas.surface, edge, frame, canvas.px(1), border_radius=canvas.px(4))


def progress(order: tuple[Chip, ...]) -> str:
    """How many of several are done, as words; empty for a single one."""
    done = sum(chip.done for chip in order)
    return f"{done} of {len(order)} in place" if len(order) > 1 else ""
