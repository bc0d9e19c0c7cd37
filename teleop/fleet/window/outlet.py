"""A `FleetOutlet` is where a fleet is shown and driven: the window, or a browser.

Seats, queue, recording and what is shown are the same for every outlet; `run` opens one.
"""

import time
from collections.abc import Callable
from typing import Protocol

from ....sim_envs.worlds.contract import TaskWorld
from ...devices.bindings import Bindings
from ...devices.controls import Control
from ...devices.operator_input import OperatorInput
from ...station.cues import CuePlayer
from ...station.options import StationOptions
from ...station.outlet import Outlet, WindowOutlet
from ...station.screen.prompts import Prompter
from ...station.screen.view import ViewSource
from ...ui.text import TextRenderer
from .frames import FleetFrames, SeatFrames, take_clicks


class FleetOutlet(Outlet, Protocol):
    """What a fleet needs of the place where it is shown."""

    def fleet_input(
        self, world: TaskWorld, bindings: Bindings[Control], options: StationOptions
    ) -> OperatorInput:
        """The operator's devices, for one arm of many at a time; `world` is the first arm's."""
        ...

    def frames(self, view: ViewSource | None, prompter: Prompter, arms: int) -> FleetFrames:
        """What draws, whenever the fleet's loop has time."""
        ...


OpenFleetOutlet = Callable[[StationOptions], FleetOutlet]


class FleetWindow(WindowOutlet):
    """The fleet's window on this machine's screen; NoDisplay where there is none."""

    def __init__(
        self, options: StationOptions, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(options)
        self._clock = clock

    def fleet_input(
        self, world: TaskWorld, bindings: Bindings[Control], options: StationOptions
    ) -> OperatorInput:
        """Pads and keyboard of this machine."""
        name, latch = options.operator, options.latch
        return OperatorInput(world, bindings, self.pads, name, self._clock, latch)

    def cues(self, options: StationOptions) -> CuePlayer:
        """Plays on this machine."""
        return CuePlayer(self.pads, options.sound, self._clock)

    def frames(self, view: ViewSource | None, prompter: Prompter, arms: int) -> FleetFrames:
        """Draws into the window."""
        screens = [SeatFrames(self._surface, view, prompter, self._clock) for _ in range(arms)]
        type_ = TextRenderer()
        for screen in screens:
            screen.type_ = type_
        return FleetFrames(screens, view, take_clicks)
