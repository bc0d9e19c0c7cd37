"""`FleetFrames` draws the fleet's window: the wall above, the seat of the arm in focus below.

`FleetLoop` calls it between ticks; each seat has a `SeatFrames` with its own memory of pictures.
"""

import time
from collections.abc import Callable

from ...devices.controls import Control
from ...devices.sdl import pygame
from ...station.loop import StationLoop
from ...station.screen.frame_scheduler import FrameScheduler
from ...station.screen.prompts import Prompter
from ...station.screen.view import ViewSource
from ...station.states import WindowState
from ...ui.canvas import Canvas
from ...ui.text import TextRenderer
from ...ui.window import DESIGN
from .fleet_loop import FleetLoop
from .wall import GAP, draw_replay, draw_wall, tiles, wall_area

LONGEST = 16
"""More arms than this are too small to see in a window."""


NEXT = ((Control.CLUTCH, "hold: drive"), (Control.START, "next caller"))


class FleetPrompter(Prompter):
    """The window's texts; start goes to the next caller."""

    def hints(self, state: WindowState, device: str) -> tuple[tuple[str, str], ...]:
        """Buttons and meanings for the foot line."""
        found = super().hints(state, device)
        if state is not WindowState.RECORDING:
            return found
        return (*self.keys(device, NEXT), *found[1:])


class SeatFrames(FrameScheduler):
    """Draws the seat of one arm below the wall."""

    fleet: FleetLoop | None = None
    """The loop whose wall is drawn with every frame."""
    type_: TextRenderer

    def target(self) -> pygame.Surface:
        """The window below the wall."""
        window = pygame.display.get_surface() or self.surface
        wall = wall_area(window.get_rect())
        return window.subsurface((0, wall.bottom, window.get_width(), window.get_height() - wall.h))

    def draw(self, loop: StationLoop) -> None:
        """Draw the seat, then what is of the fleet."""
        super().draw(loop)
        window = pygame.display.get_surface()
        if self.fleet is None or window is None:
            return
        fleet, focus = self.fleet, self.fleet.focus
        unit = min(window.get_width() / DESIGN[0], window.get_height() / DESIGN[1])
        canvas = Canvas(window, self.type_, unit)
        area = wall_area(window.get_rect())
        camera = focus.live.env.world_spec.cameras[0]
        draw_wall(canvas, area, fleet.seats, camera, fleet.now)
        body = self.screen.layout(self.surface).body.move(0, area.bottom)
        draw_replay(canvas, body, focus, fleet.now)


class FleetFrames:
    """Called whenever the fleet's loop has nothing more urgent to do."""

    def __init__(
        self,
        surface: pygame.Surface,
        view: ViewSource | None,
        prompter: Prompter,
        arms: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        type_ = TextRenderer()
        self._view = view
        self._frames = [SeatFrames(surface, view, prompter, clock) for _ in range(arms)]
        for frames in self._frames:
            frames.type_ = type_

    def __call__(self, fleet: FleetLoop) -> float:
        """Draw a frame where one is due and there is time; return the wait until the next [s]."""
        self._take_clicks(fleet)
        focus = fleet.focus
        frames = self._frames[focus.number]
        frames.fleet = fleet
        if self._view is not None and focus.live.arm is not None:
            self._view.env = focus.live.arm
        return frames(focus.loop)

    def _take_clicks(self, fleet: FleetLoop) -> None:
        """Turn to the arm on whose tile the operator clicked; leave other clicks to the seat."""
        window = pygame.display.get_surface()
        loop = fleet.focus.loop
        if window is None or not loop.clicks:
            return
        wall = wall_area(window.get_rect())
        unit = min(window.get_width() / DESIGN[0], window.get_height() / DESIGN[1])
        rects = tiles(wall, len(fleet.seats), max(1, round(GAP * unit)))
        clicks = list(loop.clicks)
        loop.clicks[:] = [(x, y - wall.bottom) for x, y in clicks if y >= wall.bottom]
        for place in clicks:
            for rect, seat in zip(rects, fleet.seats, strict=True):
                if rect.collidepoint(place) and seat is not fleet.focus:
                    fleet.turn_to(seat)
