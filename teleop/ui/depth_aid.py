"""A `DepthAid` shows in the window, and never in what is recorded, how far away things are.

A plumb line falls from the grasp point to the surface below, a quad shows the plane in which the
fingers close, and a ring fills exactly when closing would touch an object from both sides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.cameras import CameraView
from ...sim_envs.environment import ArmEnv
from ...sim_envs.furniture import Bin
from ...sim_envs.hand_rays import below, graspable, would_land
from ...sim_envs.task_description import ObjectClass
from ..devices.sdl import pygame
from .canvas import Canvas
from .palette import MINT, SKY, STRIP, TEXT, VERMILION, Colour

RING_M = 0.016
"""Radius of the ring around the grasp point."""
SMALLEST_RING = 7
SOLID_RING, FILLED_ALPHA = 16, 110
"""A filled ring is translucent farther from its middle than this."""
PLANE_M = (-0.03, 0.008)
"""The part of the fingers' plane that is drawn, along the end effector's z axis."""
PLANE_ALPHA = 70
NEAREST_M = 0.02
"""Points nearer to the camera than this are not drawn."""
Point = tuple[float, float]
"""In a picture: x right and y down in [-1, 1] of half its height."""


@dataclass(frozen=True)
class Between:
    """What the fingers would hold if they closed now."""

    label: str
    wanted: bool
    """Whether it has to be moved, and is not yet where it belongs."""


@dataclass(frozen=True)
class DepthAid:
    """What is drawn over a camera's picture."""

    grasp: Point | None
    """The point between the finger tips; None where the camera does not see it."""
    ring: float = 0.0
    """Radius of the ring around it, in the picture's unit."""
    foot: Point | None = None
    """Where a plumb line from there meets something."""
    height_m: float = 0.0
    plane: tuple[Point, ...] = ()
    """Corners of the plane between the fingers: left root and tip, right tip and root."""
    between: Between | None = None
    names: tuple[tuple[Point, str], ...] = ()
    """Names of the containers, each above its middle."""


@dataclass(frozen=True)
class OrderState:
    """What the order asks for at one moment; it is looked up once a frame."""

    wanted: tuple[ObjectClass, ...]
    placed: frozenset[str]
    """Labels of the objects that are where they belong."""

    @classmethod
    def of(cls, env: ArmEnv) -> "OrderState":
        """The order as it is now."""
        return cls(tuple(env.task.wanted(env.world)), frozenset(env.task.placed(env.world)))

    @property
    def containers(self) -> tuple[Bin, ...]:
        """Each container once."""
        return tuple({item.container.name: item.container for item in self.wanted}.values())


NOTHING_ORDERED = OrderState((), frozenset())
"""The order in a world that knows no objects."""


def what_is_between(env: ArmEnv, order: OrderState) -> Between | None:
    """What closing would hold, a wanted object first; None for nothing."""
    wanted = {item.label for item in order.wanted} - order.placed
    found = sorted(env.task.labels[label] for label in graspable(env.world, env.arm))
    pairs = [Between(name, name in wanted) for name in found]
    return min(pairs, key=lambda between: not between.wanted, default=None)


def shown_stage(env: ArmEnv, between: Between | None, order: OrderState) -> str:
    """The stage, where grasp means that closing would hold, and place that releasing would do."""
    stage = env.status.stage
    if stage in ("reach", "grasp"):
        return "grasp" if between and between.wanted else "reach"
    if stage in ("carry", "place") and between and env.arm.controller.closing:
        boxes = [item.container for item in order.wanted if item.label == between.label]
        label = env.task.labels.index(between.label)
        return "place" if any(would_land(env.world, label, box) for box in boxes) else "carry"
    return stage


def depth_aid(
    view: CameraView, env: ArmEnv, between: Between | None, containers: tuple[Bin, ...]
) -> DepthAid:
    """The aid for a camera."""
    arm = env.arm
    tool = arm.tool().position
    seen = _points(view, tool[None])
    names = tuple((point, box.name) for box in containers for point in _nearest_edge(view, box))
    if not seen:
        return DepthAid(None, names=names)
    half = float(arm.finger_positions().mean())
    root, tip = PLANE_M
    corners = [(0.0, half, root), (0.0, half, tip), (0.0, -half, tip), (0.0, -half, root)]
    depth = max(float(view.project(tool)[0, 2]), NEAREST_M)
    held = [env.task.labels.index(between.label)] if between else []
    surface = below(env.world, arm, held if arm.controller.closing else [])
    foot = _points(view, surface.point[None]) if surface else []
    return DepthAid(
        seen[0],
        RING_M / (depth * float(np.tan(np.radians(view.fov_deg) / 2))),
        foot[0] if foot else None,
        surface.height_m if surface else 0.0,
        tuple(_points(view, np.array([arm.point(np.array(corner)) for corner in corners]))),
        between,
        names,
    )


def _nearest_edge(view: CameraView, box: Bin) -> list[Point]:
    """The middle of that foot of a container's walls that is lowest in the picture, if seen."""
    x, y = box.half_m
    sides = np.array([(x, 0, 0), (-x, 0, 0), (0, y, 0), (0, -y, 0)]) * 1.12
    around = sides + np.array([*box.centre_m, 0.0])
    return sorted(_points(view, around), key=lambda point: point[1])[-1:]


def _points(view: CameraView, points: NDArray[np.float64]) -> list[Point]:
    """Those of the points [N, 3] that lie before the camera."""
    return [(float(x), float(y)) for x, y, depth in view.project(points) if depth > NEAREST_M]


def draw_depth_aid(canvas: Canvas, area: pygame.Rect, aid: DepthAid) -> None:
    """Draw the aid over a picture that fills `area`."""
    for at, name in aid.names:
        _tag(canvas, _pixels(area, at), name, 12.5)
    if aid.grasp is None:
        return
    tool = _pixels(area, aid.grasp)
    if len(aid.plane) == 4:
        _draw_plane(canvas, [_pixels(area, corner) for corner in aid.plane])
    if aid.foot is not None:
        foot = _pixels(area, aid.foot)
        for colour, width in ((STRIP, 5), (TEXT, 2)):
            pygame.draw.line(canvas.surface, colour, tool, foot, canvas.px(width))
        flat = pygame.Rect(0, 0, canvas.px(26), canvas.px(13))
        flat.center = foot
        for colour, width in ((STRIP, 5), (TEXT, 2)):
            pygame.draw.ellipse(canvas.surface, colour, flat, canvas.px(width))
    radius = max(canvas.px(SMALLEST_RING), round(aid.ring * area.h / 2))
    _draw_ring(canvas, tool, radius, aid)
    if aid.foot is not None:
        _draw_height(
            canvas, foot, aid.height_m, pygame.Rect(tool, (0, 0)).inflate(2 * radius, 2 * radius)
        )


def _draw_height(canvas: Canvas, foot: tuple[int, int], height_m: float, ring: pygame.Rect) -> None:
    """Draw the height beside the foot of the plumb line, and beside the ring where that is near."""
    words = f"{height_m * 100:.1f} cm"
    wide = canvas.type.rendered(words, 14 * canvas.unit, TEXT, bold=True).get_width()
    left = foot[0] + canvas.px(29)
    if ring.top <= foot[1] <= ring.bottom:
        left = max(left, ring.right + canvas.px(12))
    _tag(canvas, (left + wide // 2, foot[1]), words, 14)


def _draw_ring(canvas: Canvas, tool: tuple[int, int], radius: int, aid: DepthAid) -> None:
    colour: Colour = TEXT
    if aid.between is not None:
        colour = MINT if aid.between.wanted else VERMILION
        _fill_ring(canvas, tool, radius, colour)
        words = aid.between.label if aid.between.wanted else f"not wanted: {aid.between.label}"
        _tag(canvas, (tool[0], tool[1] - radius - canvas.px(14)), words, 14)
    pygame.draw.circle(canvas.surface, STRIP, tool, radius + canvas.px(1), canvas.px(4))
    pygame.draw.circle(canvas.surface, colour, tool, radius, canvas.px(2))


def _fill_ring(canvas: Canvas, centre: tuple[int, int], radius: int, colour: Colour) -> None:
    """Fill the ring; around its middle a large one lets the object be seen through it."""
    middle = min(radius, canvas.px(SOLID_RING))
    if middle < radius:
        disc = pygame.Surface((2 * radius, 2 * radius), pygame.SRCALPHA)
        pygame.draw.circle(disc, (*colour, FILLED_ALPHA), (radius, radius), radius)
        canvas.surface.blit(disc, disc.get_rect(center=centre))
    pygame.draw.circle(canvas.surface, colour, centre, middle)


def _draw_plane(canvas: Canvas, corners: list[tuple[int, int]]) -> None:
    """Draw a translucent plane with its edges at the finger tips."""
    xs, ys = zip(*corners, strict=True)
    box = pygame.Rect(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)
    box = box.clip(canvas.surface.get_clip())
    if box.w and box.h:
        plane = pygame.Surface(box.size, pygame.SRCALPHA)
        pygame.draw.polygon(
            plane, (*SKY, PLANE_ALPHA), [(x - box.x, y - box.y) for x, y in corners]
        )
        canvas.surface.blit(plane, box)
    for colour, width in ((STRIP, 4), (SKY, 2)):
        pygame.draw.line(canvas.surface, colour, corners[1], corners[2], canvas.px(width))


def _tag(canvas: Canvas, centre: tuple[int, int], words: str, size: float) -> None:
    """Draw a word on a dark ground."""
    line = canvas.type.rendered(words, size * canvas.unit, TEXT, bold=True)
    rect = line.get_rect(center=centre)
    canvas.strip(rect.inflate(canvas.px(8), canvas.px(4)), 190, 4)
    canvas.surface.blit(line, rect)


def _pixels(area: pygame.Rect, point: Point) -> tuple[int, int]:
    half = area.h / 2
    return round(area.centerx + point[0] * half), round(area.centery + point[1] * half)
