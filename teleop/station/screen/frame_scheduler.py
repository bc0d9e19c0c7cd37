"""FrameScheduler draws a frame of the window whenever the event loop has time for one.

The loop calls it between control ticks; it measures what a frame costs so that no tick is late.
"""

import time
from collections.abc import Callable

import numpy as np

from ....sim_envs.spaces import Image
from ...devices.sdl import pygame
from ..loop import StationLoop
from ..states import TICKING
from .dashboard_builder import DashboardBuilder
from .prompts import Prompter
from .screen import Screen
from .view import NOTHING_YET, ViewSource

STILL_S = 1 / 15
"""Frames begin this far apart while nothing moves: a learner beside the window gets the rest."""
SHORTEST_S = 1 / 75
"""Frames begin this close where the next tick would come before the second one."""
LONGEST_GAP_S = 0.2
"""A frame is drawn after this even if it makes a tick late, so that the window never freezes."""
MARGIN_S = 0.002
INSET_EVERY = 5
"""Frames from one picture of an inset that nobody records to the next."""


class FrameScheduler:
    """Called whenever the event loop has nothing more urgent to do."""

    frame_s = 1 / 40
    """Frames begin no closer together than this where there is time: two to a tick."""

    def __init__(
        self,
        surface: pygame.Surface,
        view: ViewSource | None,
        prompter: Prompter,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Without a `view` the large picture is the world's own, or the recorded one."""
        self.surface, self.view, self.screen = surface, view, Screen()
        self._dashboard_builder, self._clock = DashboardBuilder(prompter), clock
        self._began, self._cost = float("-inf"), 0.01
        self._fps = 0.0
        self._frames = 0
        self._extra: dict[str, Image] = {}
        self._shown: tuple[str, ...] = ()
        """Names of the cameras in the insets."""

    def __call__(self, loop: StationLoop) -> float:
        """Draw a frame where one is due and there is time; return the wait until the next [s]."""
        now, moving = self._clock(), loop.state in TICKING
        ahead = min(loop.ahead_s, 1.0)
        due = self._began + (self.frame_s if moving else STILL_S) - now
        if ahead - due < self._cost + MARGIN_S:  # then it would be too late
            due = self._began + SHORTEST_S - now
        if due > 0:
            return due
        if self._cost + MARGIN_S > ahead and now - self._began < LONGEST_GAP_S:
            return ahead
        gap, self._began = now - self._began, now
        self._fps += 0.05 * (1 / gap - self._fps)
        self.show(loop)
        spent = self._clock() - now
        self._cost = max(spent, 0.9 * self._cost) if spent < 0.04 else 0.04
        return 0.0

    def show(self, loop: StationLoop) -> None:
        """Draw one frame, and put it on the screen."""
        self.draw(loop)
        pygame.display.flip()

    def draw(self, loop: StationLoop) -> None:
        """Draw one frame, whether or not it is due."""
        self.surface = self.target()
        area = self.screen.layout(self.surface).body
        self._take_clicks(loop)
        extra = self._insets(loop)
        picture = self._large(loop, area)
        board = self._dashboard_builder.dashboard(loop, self._fps, extra)
        self._shown = tuple(board.insets)
        self.screen.draw(self.surface, picture, board)

    def target(self) -> pygame.Surface:
        """What to draw on: the window."""
        return pygame.display.get_surface() or self.surface

    def _large(self, loop: StationLoop, area: pygame.Rect) -> Image:
        """The large picture, uint8 [height, width, 3]."""
        camera, live = loop.operator_input.camera, loop.live
        if self.view is None:
            shown = live.env.shown(camera)
            recorded = live.episode.observation.get(f"{camera}_image", NOTHING_YET)
            return np.asarray(recorded if shown is None else shown, np.uint8)
        shrunk = min(1.0, self.view.widest / area.w)
        size = (round(area.w * shrunk), round(area.h * shrunk))
        return self.view.picture(camera, live.seed, *size)

    def _take_clicks(self, loop: StationLoop) -> None:
        """Make the camera large on whose inset the operator clicked."""
        rects = self.screen.layout(self.surface).insets
        for place in loop.clicks:
            for name, rect in zip(self._shown, rects, strict=False):
                if rect.collidepoint(place):
                    loop.operator_input.camera = name
        loop.clicks.clear()

    def _insets(self, loop: StationLoop) -> dict[str, Image]:
        """Pictures of the cameras that are neither large nor recorded, newer every few frames."""
        env, large = loop.live.env, loop.operator_input.camera
        if self.view is None:
            return {}
        side = self.screen.layout(self.surface).insets[0].w
        recorded = env.world_spec.cameras
        wanted = [c for c in env.shown_cameras if c not in recorded and c != large]
        self._frames += 1
        if self._frames % INSET_EVERY == 1 or set(wanted) != set(self._extra):
            seed = loop.live.seed
            self._extra = {camera: self.view.picture(camera, seed, side, side) for camera in wanted}
        return self._extra
