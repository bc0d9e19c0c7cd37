"""These functions project a policy's plan into a camera's picture and draw it as a path.

The dashboard of the operator's window and the review of predictions call them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...policies.base.plan import Plan
from ...sim_envs.cameras import CameraView
from ...sim_envs.rotations import Vector
from ...sim_envs.worlds.arm_spec import ARM_ACTION
from ...sim_envs.worlds.spec import ActionSpec
from ..devices.sdl import pygame
from .canvas import Canvas
from .palette import ORANGE, STRIP, TEXT, Colour


@dataclass(frozen=True)
class DrawnPath:
    """Where the policy's next actions would bring the end effector, in a camera's picture."""

    points: NDArray[np.float64]
    """[N, 2], x right and y down in [-1, 1] of half the view's height."""
    radii: NDArray[np.float64]
    """[N], standard deviation in the same unit."""
    grips: tuple[int, ...] = ()
    """Indices at which the gripper would close or open."""


NEAREST_M = 0.05
"""Points nearer to the camera than this are not drawn."""
PATH_ALPHA = 120
SMALLEST_RADIUS = 9
"""Smallest radius of the tube of standard deviation, so that it shows beside the line."""
Points = list[tuple[int, int]]
"""Pixels of the window, x and y."""


def drawn_path(
    view: CameraView,
    tool_m: Vector,
    closing: bool,
    plan: Plan,
    done: int,
    spec: ActionSpec = ARM_ACTION,
) -> DrawnPath:
    """The rest of a plan after its first `done` actions, from the end effector at `tool_m` [3]."""
    actions = plan.actions[done:].astype(np.float64)
    moved = spec.displacements(actions)
    spread = spec.displacements(plan.spread[done:].astype(np.float64))
    moves = np.vstack([np.zeros(3), np.cumsum(moved, axis=0)])
    unsure_m = np.sqrt(np.cumsum(spread**2, axis=0).mean(axis=1))
    points = view.project(tool_m + moves)
    seen = points[:, 2] > NEAREST_M
    pinhole = np.tan(np.radians(view.fov_deg) / 2) * np.maximum(points[:, 2], NEAREST_M)
    radii = np.concatenate([[0.0], unsure_m]) / pinhole
    end = len(points) if seen.all() else int(np.argmin(seen))
    grip = spec.grip
    closings = np.full(len(actions), closing) if grip is None else actions[:, grip] > 0
    closed = np.concatenate([[closing], closings])
    changes = np.flatnonzero(closed[1:] != closed[:-1]) + 1
    grips = tuple(int(i) for i in changes if i < end)
    return DrawnPath(points[:end, :2], radii[:end], grips)


def draw_path(
    canvas: Canvas,
    area: pygame.Rect,
    path: DrawnPath,
    colour: Colour = ORANGE,
    with_spread: bool = True,
) -> None:
    """Draw a line on a picture that fills `area`, with rings where the gripper would move.

    With doubt it has a dot for each action and a tube of one standard deviation; without, a disc
    marks its end.
    """
    half = area.h / 2
    points = [
        (round(area.centerx + x * half), round(area.centery + y * half)) for x, y in path.points
    ]
    if len(points) < 2:
        return
    if with_spread:
        _draw_doubt(canvas, area, points, [float(r) * half for r in path.radii], colour)
    pygame.draw.lines(canvas.surface, STRIP, False, points, canvas.px(7))
    pygame.draw.lines(canvas.surface, colour, False, points, canvas.px(4))
    if with_spread:
        for point in points[1:]:
            pygame.draw.circle(canvas.surface, STRIP, point, canvas.px(5))
            pygame.draw.circle(canvas.surface, colour, point, canvas.px(3.5))
    else:
        pygame.draw.circle(canvas.surface, colour, points[-1], canvas.px(8))
        pygame.draw.circle(canvas.surface, STRIP, points[-1], canvas.px(8), canvas.px(2))
    for i in path.grips:
        pygame.draw.circle(canvas.surface, STRIP, points[i], canvas.px(12), canvas.px(5))
        pygame.draw.circle(canvas.surface, TEXT, points[i], canvas.px(11), canvas.px(3))


def _draw_doubt(
    canvas: Canvas, area: pygame.Rect, points: Points, radii: list[float], colour: Colour
) -> None:
    """Draw a translucent tube of one standard deviation, with a ring at its end."""
    widest = max(int(max(radii)), canvas.px(SMALLEST_RADIUS)) + canvas.px(4)
    xs, ys = zip(*points, strict=True)
    box = pygame.Rect(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)
    box = box.inflate(2 * widest, 2 * widest).clip(area)
    if not box.w or not box.h:
        return
    tube = pygame.Surface(box.size, pygame.SRCALPHA)
    for (x, y), radius in zip(points, radii, strict=True):
        wide = max(canvas.px(SMALLEST_RADIUS), int(radius))
        pygame.draw.circle(tube, (*colour, PATH_ALPHA), (x - box.x, y - box.y), wide)
    canvas.surface.blit(tube, box)
    end = max(canvas.px(SMALLEST_RADIUS), int(radii[-1])) + canvas.px(2)
    pygame.draw.circle(canvas.surface, STRIP, points[-1], end + canvas.px(1), canvas.px(4))
    pygame.draw.circle(canvas.surface, colour, points[-1], end, canvas.px(2))
