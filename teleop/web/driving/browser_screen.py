"""A `BrowserScreen` draws a seat's frames for browsers, whenever the window's would be drawn."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ....sim_envs.spaces import Image
from ...devices.sdl import pygame
from ...station.loop import StationLoop
from ...station.screen.cards import draw_discard
from ...station.screen.dashboard import Dashboard
from ...station.screen.frame_scheduler import FrameScheduler
from ...station.screen.prompts import Prompter
from ...station.screen.view import ViewSource
from ...ui.canvas import Canvas
from ...ui.depth_aid import draw_depth_aid
from ...ui.plan_path import draw_path
from ...ui.text import TextRenderer
from ...ui.window import DESIGN
from .board import board_json
from .browser_pads import BrowserPads
from .frames import FIRST_INSET, Frame, FrameFeed, jpeg
from .link import Link

PICTURE = (640, 480)
"""Width and height of the large picture, pixels."""
SMALL_EVERY = 4
"""Frames from one small picture to the next of the same place."""
UNIT = 0.8
"""Pixels of the picture to a unit of the design."""


class ScreenOwner(Protocol):
    """What a screen needs of the outlet that it is of."""

    feed: FrameFeed
    link: Link
    clock: Callable[[], float]
    browser_pads: BrowserPads
    shown: "BrowserScreen | None"
    """Which screen drew last: that of one arm of a fleet, or the only one."""

    def attend(self, loop: StationLoop) -> None:
        """Do in the loop's thread what was asked from others."""
        ...

    def taken_cues(self) -> tuple[dict[str, Any], ...]:
        """The cues since the last call."""
        ...


class BrowserScreen(FrameScheduler):
    """Draws one seat, and hands each frame to the browsers."""

    def __init__(self, view: ViewSource | None, prompter: Prompter, outlet: ScreenOwner) -> None:
        super().__init__(pygame.Surface(DESIGN), view, prompter, outlet.clock)
        self._outlet = outlet
        self._picture = pygame.Surface(PICTURE)
        self._canvas = Canvas(self._picture, TextRenderer(), UNIT)
        self._small: dict[int, bytes] = {}
        """The newest small pictures, by their places."""
        self._encoded: Mapping[int, Image] = {}
        """What they are JPEGs of."""

    def show(self, loop: StationLoop) -> None:
        """Draw one frame, and hand it to the browsers."""
        outlet = self._outlet
        outlet.attend(loop)
        extra = self._insets(loop)
        picture = self._large(loop, self._picture.get_rect())
        number = outlet.link.last_drawn + 1
        outlet.link.drawn(number)
        board = self._dashboard_builder.dashboard(loop, self._fps, extra)
        large = self._drawn(picture, board)
        if number % SMALL_EVERY == 1 or outlet.shown is not self:
            self._encode(self._wanted(board))
        outlet.shown = self
        rumbles = outlet.browser_pads.taken_rumbles()
        words = {**board_json(board), "rumbles": rumbles, **self._more()}
        outlet.feed.publish(Frame(number, large, words, self._small, outlet.taken_cues()))

    def _wanted(self, board: Dashboard) -> Mapping[int, Image]:
        """The small pictures, uint8 [H, W, 3], by their places."""
        return dict(enumerate(board.insets.values(), FIRST_INSET))

    def _more(self) -> Mapping[str, Any]:
        """What is shown beside the board."""
        return {}

    def _encode(self, images: Mapping[int, Image]) -> None:
        """Make the small pictures, of which those that did not change stay the same object."""
        small, before = self._small, self._encoded
        same = {place for place, image in images.items() if before.get(place) is image}
        self._small = {p: small[p] if p in same else jpeg(image) for p, image in images.items()}
        self._encoded = images

    def _drawn(self, picture: Image, board: Dashboard) -> bytes:
        """The large picture with what is drawn into it, as JPEG."""
        canvas, area = self._canvas, self._picture.get_rect()
        canvas.picture(picture, area)
        if board.aid is not None:
            draw_depth_aid(canvas, area, board.aid)
        if board.path is not None:
            draw_path(canvas, area, board.path)
        if board.discard > 0.05:
            draw_discard(canvas, area, board.discard)
        return jpeg(pygame.surfarray.array3d(self._picture).swapaxes(0, 1))
