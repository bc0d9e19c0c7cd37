"""Screen draws a Dashboard and the large picture on a surface; FrameScheduler calls it."""

from ....sim_envs.spaces import Image
from ...devices.sdl import pygame
from ...ui.canvas import Canvas
from ...ui.depth_aid import draw_depth_aid
from ...ui.layout import DriveLayout, drive_layout
from ...ui.plan_path import draw_path
from ...ui.text import TextRenderer
from ...ui.widgets import draw_help, draw_notice
from .cards import draw_card, draw_discard
from .dashboard import Dashboard
from .header_footer import draw_border, draw_bottom, draw_top
from .side_panel import draw_column


class Screen:
    """Draws on any surface, of any size; computes the layout again when the size changes."""

    def __init__(self) -> None:
        self._type = TextRenderer()
        self._layout: DriveLayout | None = None

    def layout(self, surface: pygame.Surface) -> DriveLayout:
        """The window's rectangles on this surface."""
        size = surface.get_size()
        if self._layout is None or self._layout.window.size != size:
            self._layout = drive_layout(*size)
        return self._layout

    def draw(self, surface: pygame.Surface, view: Image, board: Dashboard) -> None:
        """Draw one whole frame over the large picture `view`, uint8 [H, W, 3]."""
        layout = self.layout(surface)
        canvas = Canvas(surface, self._type, layout.unit)
        canvas.picture(view, layout.body)
        surface.set_clip(layout.body)
        if board.aid is not None:
            draw_depth_aid(canvas, layout.body, board.aid)
        if board.path is not None:
            draw_path(canvas, layout.body, board.path)
        if board.notice:
            draw_notice(canvas, layout.body, board.notice)
        if board.discard > 0.05:
            draw_discard(canvas, layout.body, board.discard)
        surface.set_clip(None)
        draw_column(canvas, layout, board)
        if board.card:
            draw_card(canvas, layout.gauges, board.card)
        draw_top(canvas, layout, board)
        draw_bottom(canvas, layout, board)
        draw_border(canvas, layout, board)
        if board.help is not None:
            draw_help(canvas, layout.window, board.help)
