"""`BrowserOutlet` shows a station in browsers: pictures and words go out, keys and pads come in."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ....sim_envs.worlds.contract import TaskWorld
from ...devices.bindings import Bindings
from ...devices.controls import Control
from ...devices.gamepads import Gamepads
from ...devices.operator_input import OperatorInput
from ...devices.sdl import pygame
from ...session.subscriber import Subscriber
from ...station.cues import LOUDNESS, Cue, CuePlayer
from ...station.loop import StationLoop
from ...station.options import StationOptions
from ...station.screen.cards import draw_discard
from ...station.screen.frame_scheduler import FrameScheduler
from ...station.screen.prompts import Prompter
from ...station.screen.view import ViewSource
from ...station.states import WindowState
from ...station.window_events import WindowEvents
from ...ui.canvas import Canvas
from ...ui.depth_aid import draw_depth_aid
from ...ui.plan_path import draw_path
from ...ui.text import TextRenderer
from ...ui.window import DESIGN
from .board import board_json
from .browser_input import BrowserInput
from .browser_pads import BrowserPads
from .frames import Frame, FrameFeed, jpeg
from .link import Link

PICTURE = (640, 480)
"""Width and height of the large picture, pixels."""
INSET_PX, INSETS_EVERY = 200, 4
"""Side of the small pictures, and frames from one of them to the next."""
UNIT = 0.8
"""Pixels of the picture to a unit of the design."""


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


class BrowserScreen(FrameScheduler):
    """Draws frames for browsers, when the window's would be drawn."""

    def __init__(
        self, view: ViewSource | None, prompter: Prompter, outlet: "BrowserOutlet"
    ) -> None:
        super().__init__(pygame.Surface(DESIGN), view, prompter)
        self._outlet = outlet
        self._picture = pygame.Surface(PICTURE)
        self._canvas = Canvas(self._picture, TextRenderer(), UNIT)
        self._number = outlet.link.last_drawn

    def show(self, loop: StationLoop) -> None:
        """Draw one frame, and hand it to the browsers."""
        outlet, area = self._outlet, self._picture.get_rect()
        outlet.attend(loop)
        extra = self._insets(loop)
        picture = self._large(loop, area)
        self._number += 1
        outlet.link.drawn(self._number)
        board = self._dashboard_builder.dashboard(loop, self._fps, extra)
        canvas = self._canvas
        canvas.picture(picture, area)
        if board.aid is not None:
            draw_depth_aid(canvas, area, board.aid)
        if board.path is not None:
            draw_path(canvas, area, board.path)
        if board.discard > 0.05:
            draw_discard(canvas, area, board.discard)
        pixels = pygame.surfarray.array3d(self._picture).swapaxes(0, 1)
        due = self._number % INSETS_EVERY == 1
        insets = tuple(jpeg(image) for image in board.insets.values()) if due else ()
        cues = outlet.player.taken() if outlet.player else ()
        words = {**board_json(board), "rumbles": outlet.browser_pads.taken_rumbles()}
        outlet.feed.publish(Frame(self._number, jpeg(pixels), words, insets, cues))


class BrowserOutlet:
    """One station's outlet; who drives may change."""

    def __init__(self, feed: FrameFeed, link: Link) -> None:
        pygame.font.init()
        self.feed, self.link = feed, link
        self.browser_pads = BrowserPads()
        self.pads: Gamepads = self.browser_pads
        self.window: WindowEvents = NoEvents(link)
        self.subscribers: Sequence[Subscriber] = ()
        self.player: BrowserCues | None = None
        self.driver = ""
        """Who shall be at the devices from now on; empty for no change."""
        self.leaving = False
        """Whether the station shall be closed."""
        self.input: BrowserInput | None = None

    def layout(self) -> Mapping[str, str]:
        """The page sends symbols and places, and `BrowserInput` chooses."""
        return {}

    def operator_input(
        self, world: TaskWorld, bindings: Bindings[Control], options: StationOptions
    ) -> OperatorInput:
        """The driver's devices."""
        self.input = BrowserInput(
            world, bindings, self.browser_pads, self.link, options.operator, options.latch,
            time.perf_counter,
        )  # fmt: skip
        return self.input

    def screen(self, view: ViewSource | None, prompter: Prompter) -> FrameScheduler:
        """What draws."""
        return BrowserScreen(view, prompter, self)

    def cues(self, options: StationOptions) -> CuePlayer:
        """What the page plays."""
        self.player = BrowserCues(self.browser_pads, options.sound)
        return self.player

    def attend(self, loop: StationLoop) -> None:
        """Do in the loop's thread what was asked from others."""
        driver, self.driver = self.driver, ""
        if driver and self.input is not None and driver != self.input.name:
            self.input.name = driver
            if loop.state is WindowState.READY:  # the next episode is the new driver's
                loop.live.reset()
        if self.leaving:
            loop.leave()

    def close(self) -> None:
        """No pictures any more."""
        self.feed.clear()
