"""Pictures before the grader: bring the cursor to the named item, by keys, stick or mouse."""

import time
from dataclasses import dataclass
from enum import auto

import numpy as np
from numpy.typing import NDArray

from ...datasets.judgements.judgements import CLICK, Judge
from ...datasets.workspace import Workspace
from ..devices.gamepads import Gamepads
from ..devices.sdl import pygame
from ..ui.canvas import Canvas
from ..ui.key_input import Key, KeyInput, KeyTable, ReviewAction
from ..ui.layout import ReviewLayout, review_layout
from ..ui.palette import BACKGROUND, DIM, MINT, PANEL, TEXT, YELLOW
from ..ui.text import TextRenderer
from ..ui.widgets import draw_help
from .judgement_writer import GradingSpeed, JudgementWriter

STICK_PX_S = 60.0
"""Pixels of the picture that a fully pushed stick moves the cursor in a second."""


class ClickAction(ReviewAction):
    """One press."""

    HERE = auto()
    HIDDEN = auto()
    LEFT = auto()
    RIGHT = auto()
    UP = auto()
    DOWN = auto()
    SLIDE_LEFT = auto()
    SLIDE_RIGHT = auto()
    SLIDE_UP = auto()
    SLIDE_DOWN = auto()
    UNDO = auto()
    HELP = auto()
    QUIT = auto()


KEYS = KeyTable(
    "clicks",
    [
        Key(
            ClickAction.HERE,
            "enter, space",
            "A",
            "it is here; so does a click of the mouse",
            "here",
        ),
        Key(
            ClickAction.HIDDEN,
            "n, tab",
            "B",
            "it cannot be seen: the next picture",
            "not to be seen",
        ),
        Key(ClickAction.LEFT, "left", "D-pad left", "cursor to the left, 2 pixels", "move", True),
        Key(ClickAction.RIGHT, "right", "D-pad right", "cursor to the right", "", True),
        Key(ClickAction.UP, "up", "D-pad up", "cursor up", "", True),
        Key(ClickAction.DOWN, "down", "D-pad down", "cursor down", "", True),
        Key(
            ClickAction.SLIDE_LEFT, "", "left stick left", "cursor to the left, gliding", held=True
        ),
        Key(
            ClickAction.SLIDE_RIGHT,
            "",
            "left stick right",
            "cursor to the right, gliding",
            held=True,
        ),
        Key(ClickAction.SLIDE_UP, "", "left stick up", "cursor up, gliding", held=True),
        Key(ClickAction.SLIDE_DOWN, "", "left stick down", "cursor down, gliding", held=True),
        Key(ClickAction.UNDO, "u, backspace", "LB", "take the last click back", "undo"),
        Key(ClickAction.HELP, "h, f1", "GUIDE", "this help", "help"),
        Key(
            ClickAction.QUIT,
            "q, escape",
            "RB + BACK",
            "leave, and teach perception",
            "leave and teach",
        ),
    ],
)
MOVES = {
    ClickAction.LEFT: (-2, 0),
    ClickAction.RIGHT: (2, 0),
    ClickAction.UP: (0, -2),
    ClickAction.DOWN: (0, 2),
}


@dataclass(frozen=True, repr=False)
class Picture:
    """One recorded picture in which something named is to be shown."""

    episode: str
    step: int
    camera: str
    item: str
    image: NDArray[np.uint8]
    """(H, W, 3)"""


class ClickReview:
    """The state behind the window of clicks."""

    def __init__(self, workspace: Workspace, operator: str, pictures: list[Picture]) -> None:
        self.writer, self.pictures, self.place = (
            JudgementWriter(Judge(workspace, operator)),
            pictures,
            0,
        )
        self.grading_speed = GradingSpeed(time.perf_counter, began=time.perf_counter())
        self.help = self.over = False
        side = pictures[0].image.shape[0] if pictures else 0
        self.side = side
        self.x = self.y = side / 2

    @property
    def picture(self) -> Picture | None:
        """What is shown; None when there is none left."""
        return self.pictures[self.place] if self.place < len(self.pictures) else None

    def do(self, point: ClickAction) -> None:
        """One press."""
        picture = self.picture
        if point is ClickAction.QUIT:
            self.over = True
        elif point is ClickAction.HELP or self.help:
            self.help = not self.help
        elif point is ClickAction.UNDO:
            if self.writer.take_back() is not None:
                self.place = max(0, self.place - 1)
        elif picture is None:
            return
        elif point in MOVES:
            self.move(*MOVES[point])
        elif point is ClickAction.HERE:
            self.grading_speed.verdict()
            self.writer.write(
                picture.episode, CLICK, picture.step, camera=picture.camera, item=picture.item,
                x=round(self.x, 1), y=round(self.y, 1),
            )  # fmt: skip
            self.place += 1
        else:
            self.place += 1

    def move(self, right: float, down: float) -> None:
        """Move the cursor, in pixels of the picture."""
        self.x = min(max(0.0, self.x + right), self.side - 1.0)
        self.y = min(max(0.0, self.y + down), self.side - 1.0)

    def close(self) -> None:
        """Everything that was clicked is on the disk already."""
        self.writer.flush()


class ClickWindow:
    """Joins the state with fingers and screen."""

    def __init__(self, pointing: ClickReview, pads: Gamepads) -> None:
        self.pointing, self.fingers = pointing, KeyInput(KEYS, pads)
        self._type = TextRenderer()
        self._area = pygame.Rect(0, 0, 1, 1)

    @property
    def over(self) -> bool:
        """Whether the grader wants to leave."""
        return self.pointing.over

    def leave(self) -> None:
        """The window was closed."""
        self.pointing.over = True

    def handle(self, event: pygame.event.Event) -> None:
        """One event of the window."""
        if event.type == pygame.MOUSEBUTTONDOWN and self._area.collidepoint(event.pos):
            scale = self.pointing.side / self._area.w
            self.pointing.x = (event.pos[0] - self._area.x) * scale
            self.pointing.y = (event.pos[1] - self._area.y) * scale
            self.pointing.do(ClickAction.HERE)
            return
        for point in self.fingers.handle(event):
            self.pointing.do(point)

    def pass_time(self, seconds: float) -> None:
        """A pushed stick moves the cursor."""
        reading, presses = self.fingers.sample(seconds)
        for point in presses:
            self.pointing.do(point)
        right = reading.between(ClickAction.SLIDE_RIGHT, ClickAction.SLIDE_LEFT)
        down = reading.between(ClickAction.SLIDE_DOWN, ClickAction.SLIDE_UP)
        self.pointing.move(right * seconds * STICK_PX_S, down * seconds * STICK_PX_S)

    def shown(self) -> None:
        """The frame is on the screen."""
        self.pointing.grading_speed.shown()

    def draw(self, surface: pygame.Surface) -> None:
        """One frame."""
        layout = review_layout(*surface.get_size(), 1, with_line=False)
        canvas = Canvas(surface, self._type, layout.unit)
        canvas.clear()
        picture = self.pointing.picture
        if picture is None:
            words = (
                f"No picture is left: {self.fingers.name_of(ClickAction.QUIT)} leaves and teaches."
            )
            canvas.text(words, layout.window.center, 28, TEXT, True, "center")
        else:
            self._area = layout.views[0]
            canvas.picture(picture.image, self._area)
            self._cursor(canvas)
        _frame(canvas, layout, self.pointing, picture)
        at = (layout.bottom.x + canvas.px(12), layout.bottom.centery)
        canvas.keys(self.fingers.hints(), at, 13.5, layout.bottom.right)
        if self.pointing.help:
            draw_help(canvas, layout.window, self.fingers.help_page())

    def _cursor(self, canvas: Canvas) -> None:
        scale = self._area.w / self.pointing.side
        x = self._area.x + round(self.pointing.x * scale)
        y = self._area.y + round(self.pointing.y * scale)
        for colour, width in ((BACKGROUND, 5), (YELLOW, 2)):
            pygame.draw.circle(canvas.surface, colour, (x, y), canvas.px(16), canvas.px(width))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                near, far = canvas.px(8), canvas.px(28)
                ends = (x + dx * near, y + dy * near), (x + dx * far, y + dy * far)
                pygame.draw.line(canvas.surface, colour, *ends, canvas.px(width))


def _frame(
    canvas: Canvas, layout: ReviewLayout, pointing: ClickReview, picture: Picture | None
) -> None:
    for area in (layout.top, layout.bottom, layout.column):
        pygame.draw.rect(canvas.surface, PANEL, area)
    left, right = layout.top.x + canvas.px(14), layout.top.right - canvas.px(14)
    words = "" if picture is None else f"Where is the {picture.item}?"
    canvas.text(words, (left, layout.top.centery), 24, TEXT, True)
    done = f"{pointing.place} of {len(pointing.pictures)}, {len(pointing.writer.said)} clicks"
    canvas.text(done, (right, layout.top.centery - canvas.px(8)), 18, TEXT, True, "midright")
    bar = pygame.Rect(0, 0, canvas.px(220), canvas.px(8))
    bar.midright = (right, layout.top.centery + canvas.px(16))
    canvas.bar(bar, pointing.place / max(1, len(pointing.pictures)), MINT)
    if picture is not None:
        x, y = layout.column.x + canvas.px(16), layout.column.y + canvas.px(24)
        for line in (f"{picture.camera} camera", picture.episode, f"step {picture.step}"):
            canvas.text(line, (x, y), 14, DIM, width=layout.column.w - canvas.px(32))
            y += canvas.px(24)
