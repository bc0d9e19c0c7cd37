"""`BrowserOutlet` shows a station in browsers: pictures and words go out, keys and pads come in."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....sim_envs.worlds.contract import TaskWorld
from ...devices.bindings import Bindings
from ...devices.controls import Control
from ...devices.gamepads import Gamepads
from ...devices.operator_input import OperatorInput
from ...devices.sdl import pygame
from ...fleet.window.fleet_loop import FleetLoop
from ...fleet.window.frames import FleetFrames
from ...session.subscriber import Subscriber
from ...station.cues import LOUDNESS, Cue, CuePlayer
from ...station.loop import StationLoop
from ...station.options import StationOptions
from ...station.screen.frame_scheduler import FrameScheduler
from ...station.screen.prompts import Prompter
from ...station.screen.view import ViewSource
from ...station.states import WindowState
from ...station.window_events import WindowEvents
from .browser_fleet import FleetBrowserInput, FleetScreen
from .browser_input import BrowserInput
from .browser_pads import BrowserPads
from .browser_screen import BrowserScreen
from .frames import FrameFeed
from .link import Link


class BrowserCues(CuePlayer):
    """Notes the cues for the page, which plays them; rumble goes to the browser's pads."""

    def __init__(self, pads: BrowserPads, on: bool) -> None:
        super().__init__(pads, on=False)
        self.on = on
        self._noted: list[dict[str, Any]] = []

    def toggle(self) -> None:
        """Switch tones and rumble on or off."""
        self.on = not self.on

    def play(self, cue: Cue, loudness: float = LOUDNESS) -> None:
        """Note a cue, if cues are on."""
        super().play(cue, loudness)
        if self.on:
            self._noted.append({"name": cue.name, "notes": cue.value.notes, "loudness": loudness})

    def taken(self) -> tuple[dict[str, Any], ...]:
        """The cues since the last call."""
        found, self._noted = tuple(self._noted), []
        return found


class NoEvents:
    """A browser's inputs come by messages, not by SDL's events."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def events(self) -> Sequence[pygame.event.Event]:
        """None."""
        return ()

    def show_in_title(self, words: str) -> None:
        """The page has the board's words in its title."""

    def drop_presses(self) -> None:
        """Those of messages that nobody has read."""
        self._link.drop_presses()


class BrowserOutlet:
    """One station's outlet; who drives may change."""

    def __init__(
        self, feed: FrameFeed, link: Link, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        pygame.font.init()
        self.feed, self.link, self.clock = feed, link, clock
        self.browser_pads = BrowserPads()
        self.pads: Gamepads = self.browser_pads
        self.window: WindowEvents = NoEvents(link)
        self.subscribers: Sequence[Subscriber] = ()
        self.player: BrowserCues | None = None
        self.driver = ""
        """Who shall be at the devices from now on; empty for no change."""
        self.wanted_arm: int | None = None
        """To which arm of a fleet the driver shall turn; None for no change."""
        self.leaving = False
        """Whether the station shall be closed."""
        self.input: BrowserInput | None = None
        self.shown: BrowserScreen | None = None
        """Which screen drew last: that of one arm of a fleet, or the only one."""

    def layout(self) -> Mapping[str, str]:
        """The page sends symbols and places, and `BrowserInput` chooses."""
        return {}

    def operator_input(
        self, world: TaskWorld, bindings: Bindings[Control], options: StationOptions
    ) -> OperatorInput:
        """The driver's devices."""
        return self._devices(BrowserInput, world, bindings, options)

    def fleet_input(
        self, world: TaskWorld, bindings: Bindings[Control], options: StationOptions
    ) -> OperatorInput:
        """The driver's devices, for one arm of many at a time."""
        return self._devices(FleetBrowserInput, world, bindings, options)

    def _devices(
        self,
        kind: type[BrowserInput],
        world: TaskWorld,
        bindings: Bindings[Control],
        options: StationOptions,
    ) -> BrowserInput:
        name, latch = options.operator, options.latch
        pads, link = self.browser_pads, self.link
        self.input = kind(world, bindings, pads, link, name, latch, self.clock)
        return self.input

    def screen(self, view: ViewSource | None, prompter: Prompter) -> FrameScheduler:
        """What draws."""
        return BrowserScreen(view, prompter, self)

    def frames(self, view: ViewSource | None, prompter: Prompter, arms: int) -> FleetFrames:
        """What draws a fleet."""
        screens = [FleetScreen(view, prompter, self) for _ in range(arms)]
        return FleetFrames(screens, view, self.attend_fleet)

    def cues(self, options: StationOptions) -> CuePlayer:
        """What the page plays."""
        self.player = BrowserCues(self.browser_pads, options.sound)
        return self.player

    def taken_cues(self) -> tuple[dict[str, Any], ...]:
        """What the page has to play since the last call."""
        return self.player.taken() if self.player else ()

    def attend(self, loop: StationLoop) -> None:
        """Do in the loop's thread what was asked from others."""
        self._seat_driver((loop,))
        if self.leaving:
            loop.leave()

    def attend_fleet(self, fleet: FleetLoop) -> None:
        """Do in the fleet's thread what was asked from others."""
        self._seat_driver([seat.loop for seat in fleet.seats])
        arm, self.wanted_arm = self.wanted_arm, None
        if arm is not None and 0 <= arm < len(fleet.seats) and arm != fleet.focus.number:
            fleet.turn_to(fleet.seats[arm])
        if self.leaving:
            fleet.leave()

    def _seat_driver(self, loops: Sequence[StationLoop]) -> None:
        """Seat whoever shall drive from now on; the next episode of each arm is theirs."""
        driver, self.driver = self.driver, ""
        if not driver or self.input is None or driver == self.input.name:
            return
        self.input.name = driver
        for loop in loops:
            loop.live.session.device.name = driver
            if loop.context.judge is not None:
                loop.context.judge.operator = driver
            if loop.state is WindowState.READY:
                loop.live.reset()

    def close(self) -> None:
        """No pictures any more."""
        self.feed.clear()
