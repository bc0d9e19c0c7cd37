"""The screen: draws a dashboard over the large picture; knows nothing of sessions."""

from ....sim_envs.spaces import Image
from ...devices.sdl import pygame
from ...ui.canvas import Brush
from ...ui.palette import ORANGE, STRIP, TEXT
from ...ui.plan_path import DrawnPath
from ...ui.text import Typewriter
from .cards import draw_card, draw_discard, draw_help, draw_notice
from .dashboard import Dashboard
from .header_footer import draw_border, draw_bottom, draw_top
from .layout import Layout, lay_out
from .side_panel import draw_column

PATH_ALPHA = 120
LEAST_DOUBT = 9
"""The tube of doubt stands out from under the line by a little, however sure the policy is."""


class Screen:
    """Draws on any surface, of any size."""

    def __init__(self) -> None:
        self._type = Typewriter()
        self._layout: Layout | None = None

    def layout(self, surface: pygame.Surface) -> Layout:
        """Where everything stands on this surface."""
        size = surface.get_size()
        if self._layout is None or self._layout.window.size != size:
            self._layout = lay_out(*size)
        return self._layout

    def draw(self, surface: pygame.Surface, view: Image, board: Dashboard) -> None:
        """One whole frame."""
        layout = self.layout(surface)
        brush = Brush(surface, self._type, layout.unit)
        brush.picture(view, layout.view)
        surface.set_clip(layout.view)
        if board.path is not None:
            draw_path(brush, layout.view, board.path)
        if board.notice:
            draw_notice(brush, layout.view, board.notice)
        if board.card:
            draw_card(brush, layout.view, board.card)
        if board.discard > 0.05:
            draw_discard(brush, layout.view, board.discard)
        surface.set_clip(None)
        draw_column(brush, layout, board)
        draw_top(brush, layout, board)
        draw_bottom(brush, layout, board)
        draw_border(brush, layout, board)
        if board.help is not None:
            draw_help(brush, layout, board)


def draw_path(brush: Brush, area: pygame.Rect, path: DrawnPath) -> None:
    """A dotted line that widens with doubt, a ring where the gripper would move."""
    half = area.h / 2
    points = [
        (round(area.centerx + x * half), round(area.centery + y * half)) for x, y in path.points
    ]
    if len(points) < 2:
        return
    _doubt(brush, area, points, [float(r) * half for r in path.radii])
    pygame.draw.lines(brush.surface, STRIP, False, points, brush.px(7))
    pygame.draw.lines(brush.surface, ORANGE, False, points, brush.px(4))
    for point in points[1:]:
        pygame.draw.circle(brush.surface, STRIP, point, brush.px(5))
        pygame.draw.circle(brush.surface, ORANGE, point, brush.px(3.5))
    for i in path.grips:
        pygame.draw.circle(brush.surface, STRIP, points[i], brush.px(12), brush.px(5))
        pygame.draw.circle(brush.surface, TEXT, points[i], brush.px(11), brush.px(3))


def _doubt(
    brush: Brush, area: pygame.Rect, points: list[tuple[int, int]], radii: list[float]
) -> None:
    """A translucent tube of the standard deviation, ringed at its end; touches only its own box."""
    widest = max(int(max(radii)), brush.px(LEAST_DOUBT)) + brush.px(4)
    xs, ys = zip(*points, strict=True)
    box = pygame.Rect(min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1)
    box = box.inflate(2 * widest, 2 * widest).clip(area)
    if not box.w or not box.h:
        return
    tube = pygame.Surface(box.size, pygame.SRCALPHA)
    for (x, y), radius in zip(points, radii, strict=True):
        wide = max(brush.px(LEAST_DOUBT), int(radius))
        pygame.draw.circle(tube, (*ORANGE, PATH_ALPHA), (x - box.x, y - box.y), wide)
    brush.surface.blit(tube, box)
    end = max(brush.px(LEAST_DOUBT), int(radii[-1])) + brush.px(2)
    pygame.draw.circle(brush.surface, STRIP, points[-1], end + brush.px(1), brush.px(4))
    pygame.draw.circle(brush.surface, ORANGE, points[-1], end, brush.px(2))
