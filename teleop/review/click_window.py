"""The window of clicks shows a picture, and the reviewer puts the cursor on the named item.

`ClickReview` holds the state and writes the judgements; `ClickWindow` moves its cursor by keys,
stick or mouse and draws it. `review_clicks` runs both.
"""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...datasets.judgements.judgement import CLICK
from ...datasets.judgements.judgements import Judge
from ...datasets.workspace import Workspace
from ..devices.gamepads import Gamepads
from ..devices.sdl import pygame
from ..ui.canvas import Canvas
from ..ui.key_input import KeyInput
from ..ui.layout import ReviewLayout, review_layout
from ..ui.palette import BACKGROUND, DIM, MINT, PANEL, TEXT, YELLOW
from ..ui.text import TextRenderer
from ..ui.widgets import draw_help
from .click_actions import KEYS, MOVES, ClickAction
from .judgement_writer import JudgementWriter, ReviewSpeed

STICK_PX_S = 60.0
"""Speed of the cursor at a fully pushed stick, pixels of the picture a second."""


@dataclass(frozen=True, repr=False)
class Picture:
    """A recorded picture in which the reviewer is to click the named item."""

    episode: str
    step: int
    camera: str
    item: str
    image: NDArray[np.uint8]
    """(H, W, 3)"""


class ClickReview:
    """The pictures, the cursor and the clicks written so far; draws nothing."""

    def __init__(self, workspace: Workspace, operator: str, pictures: list[Picture]) -> None:
        self.writer = JudgementWriter(Judge(workspace, operator))
        self.pictures, self.place = pictures, 0
        self.review_speed = ReviewSpeed(time.perf_counter, began=time.perf_counter())
        self.help = self.over = False
        side = pictures[0].image.shape[0] if pictures else 0
        self.side = side
        self.x = self.y = side / 2

    @property
    def picture(self) -> Picture | None:
        """The picture that is shown; None when none is left."""
        return self.pictures[self.place] if self.place < len(self.pictures) else None

    def do(self, action: ClickAction) -> None:
        """Carry out one action."""
        picture = self.picture
        if action is ClickAction.QUIT:
            self.over = True
        elif action is ClickAction.HELP or self.help:
            self.help = not self.help
        elif action is ClickAction.UNDO:
            if self.writer.take_back() is not None:
                self.place = max(0, self.place - 1)
        elif picture is None:
            return
        elif action in MOVES:
            self.move(*MOVES[action])
        elif action is ClickAction.HERE:
            self.review_speed.verdict()
            self.writer.write(
                picture.episode, CLICK, picture.step, camera=picture.camera, item=picture.item,
                x=round(self.x, 1), y=round(self.y, 1),
            )  # fmt: skip
            self.place += 1
        else:
            self.place += 1

    def move(self, right: float, down: float) -> None:
        """Move the cursor by pixels of the picture, within it."""
        self.x = min(max(0.0, self.x + right), self.side - 1.0)
        self.y = min(max(0.0, self.y + down), self.side - 1.0)

    def close(self) -> None:
        """Write what has not been written."""
        self.writer.close()


class ClickWindow:
    """Passes events and time to a `ClickReview` and draws it."""

    def __init__(self, review: ClickReview, pads: Gamepads) -> None:
        self.review, self.key_input = review, KeyInput(KEYS, pads)
        self._type = TextRenderer()
        self._area = pygame.Rect(0, 0, 1, 1)

    @property
    def over(self) -> bool:
        """Whether the reviewer has asked to leave."""
        return self.review.over

    def leave(self) -> None:
        """End the review: the window was closed."""
        self.review.over = True

    def handle(self, event: pygame.event.Event) -> None:
        """Do what a key, button or click in an event asks for."""
        if event.type == pygame.MOUSEBUTTONDOWN and self._area.collidepoint(event.pos):
            scale = self.review.side / self._area.w
            self.review.x = (event.pos[0] - self._area.x) * scale
            self.review.y = (event.pos[1] - self._area.y) * scale
            self.review.do(ClickAction.HERE)
            return
        for action in self.key_input.handle(event):
            self.review.do(action)

    def pass_time(self, seconds: float) -> None:
        """Move the cursor by the pushed stick, and do what was pressed."""
        reading, presses = self.key_input.sample(seconds)
        for action in presses:
            self.review.do(action)
        right = reading.between(ClickAction.SLIDE_RIGHT, ClickAction.SLIDE_LEFT)
        down = reading.between(ClickAction.SLIDE_DOWN, ClickAction.SLIDE_UP)
        self.review.move(right * seconds * STICK_PX_S, down * seconds * STICK_PX_S)

    def shown(self) -> None:
        """Note that the drawn frame is on the screen."""
        self.review.review_speed.shown()

    def draw(self, surface: pygame.Surface) -> None:
        """Draw one frame."""
        layout = review_layout(*surface.get_size(), 1, with_line=False)
        canvas = Canvas(surface, self._type, layout.unit)
        canvas.clear()
        picture = self.review.picture
        if picture is None:
            leave = self.key_input.name_of(ClickAction.QUIT)
            words = f"No picture is left: {leave} leaves and fine-tunes."
            canvas.text(words, layout.window.center, 28, TEXT, True, "center")
        else:
            self._area = layout.views[0]
            canvas.picture(picture.image, self._area)
            self._cursor(canvas)
        _frame(canvas, layout, self.review, picture)
        at = (layout.bottom.x + canvas.px(12), layout.bottom.centery)
        canvas.keys(self.key_input.hints(), at, 13.5, layout.bottom.right)
        if self.review.help:
            draw_help(canvas, layout.window, self.key_input.help_page())

    def _cursor(self, canvas: Canvas) -> None:
        scale = self._area.w / self.review.side
        x = self._area.x + round(self.review.x * scale)
        y = self._area.y + round(self.review.y * scale)
        for colour, width in ((BACKGROUND, 5), (YELLOW, 2)):
            pygame.draw.circle(canvas.surface, colour, (x, y), canvas.px(16), canvas.px(width))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                near, far = canvas.px(8), canvas.px(28)
                ends = (x + dx * near, y + dy * near), (x + dx * far, y + dy * far)
                pygame.draw.line(canvas.surface, colour, *ends, canvas.px(width))


def _frame(
    canvas: Canvas, layout: ReviewLayout, review: ClickReview, picture: Picture | None
) -> None:
    for area in (layout.top, layout.bottom, layout.column):
        pygame.draw.rect(canvas.surface, PANEL, area)
    left, right = layout.top.x + canvas.px(14), layout.top.right - canvas.px(14)
    words = "" if picture is None else f"Where is the {picture.item}?"
    canvas.text(words, (left, layout.top.centery), 24, TEXT, True)
    done = f"{review.place} of {len(review.pictures)}, {len(review.writer.said)} clicks"
    canvas.text(done, (right, layout.top.centery - canvas.px(8)), 18, TEXT, True, "midright")
    bar = pygame.Rect(0, 0, canvas.px(220), canvas.px(8))
    bar.midright = (right, layout.top.centery + canvas.px(16))
    canvas.bar(bar, review.place / max(1, len(review.pictures)), MINT)
    if picture is not None:
        x, y = layout.column.x + canvas.px(16), layout.column.y + canvas.px(24)
        for line in (f"{picture.camera} camera", picture.episode, f"step {picture.step}"):
            canvas.text(line, (x, y), 14, DIM, width=layout.column.w - canvas.px(32))
            y += canvas.px(24)
