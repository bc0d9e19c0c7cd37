"""`FleetFrames` draws a fleet: the seat of the arm in focus, and all arms beside it.

`FleetLoop` calls it between ticks; each seat has an `ArmScreen` with its own memory of pictures,
which for the window is `SeatFrames`: the wall above, the seat below.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from ....sim_envs.spaces import CONTROL_HZ
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


class ArmScreen(Protocol):
    """Draws the seat of one arm, and what is of the fleet."""

    fleet: FleetLoop | None
    """The loop whose arms are shown with every frame."""

    def __call__(self, loop: StationLoop) -> float:
        """Draw a frame where one is due and there is time; return the wait until the next [s]."""
        ...


class SeatFrames(FrameScheduler):
    """Draws the seat of one arm below the wall."""

    frame_s = 1 / CONTROL_HZ
    """One to a tick: the worlds of all arms need the time."""
    fleet: FleetLoop | None = None
    """The loop whose wall is drawn with every frame."""
    type_: TextRenderer
    """Of all arms, so that letters are drawn once."""

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
        screens: Sequence[ArmScreen],
        view: ViewSource | None,
        attend: Callable[[FleetLoop], object],
    ) -> None:
        """A screen for each arm; `attend` is called before each, for what was asked of it."""
        self._screens, self._view, self._attend = screens, view, attend

    def __call__(self, fleet: FleetLoop) -> float:
        """Draw a frame where one is due and there is time; return the wait until the next [s]."""
        self._attend(fleet)
        focus = fleet.focus
        screen = self._screens[focus.number]
        screen.fleet = fleet
        if self._view is not None and focus.live.arm is not None:
            self._view.env = focus.live.arm
        return screen(focus.loop)


def take_clicks(fleet: FleetLoop) -> None:
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
