"""Predictions before the grader: the plan in orange, what was done in blue, keys below."""

import numpy as np
from numpy.typing import NDArray

from ...policies.base.plan import Plan
from ...sim_envs.spaces import Image
from ..devices.gamepads import Gamepads
from ..devices.sdl import pygame
from ..ui.canvas import Canvas
from ..ui.key_input import KeyInput
from ..ui.layout import ReviewLayout, review_layout
from ..ui.palette import DIM, MINT, ORANGE, PANEL, SKY, TEXT, YELLOW
from ..ui.plan_path import DrawnPath, draw_path, drawn_path
from ..ui.text import TextRenderer
from ..ui.widgets import draw_help, draw_notice
from .prediction_actions import DIRECTIONS, KEYS
from .prediction_review import PredictionReview
from .predictions import CAMERA, RecordedPlan

VIEW_PX = 480
ENLARGED = 4.0
"""The front picture under the magnifying glass, in widths of the glass."""


class PredictionWindow:
    """Joins the state with fingers and screen."""

    def __init__(self, grading: PredictionReview, pads: Gamepads) -> None:
        self.grading, self.fingers = grading, KeyInput(KEYS, pads)
        self._type = TextRenderer()

    @property
    def over(self) -> bool:
        """Whether the grader wants to leave."""
        return self.grading.over

    def leave(self) -> None:
        """The window was closed."""
        self.grading.over = True

    def handle(self, event: pygame.event.Event) -> None:
        """One event of the window."""
        for say in self.fingers.handle(event):
            self.grading.do(say)

    def pass_time(self, seconds: float) -> None:
        """A correction that is driven goes on."""
        reading, presses = self.fingers.sample(seconds)
        for say in presses:
            self.grading.do(say)
        push: NDArray[np.float64] = np.zeros(3)
        for say, direction in DIRECTIONS.items():
            push += reading.values.get(say, 0.0) * np.array(direction, float)
        self.grading.pass_time(seconds, push)

    def shown(self) -> None:
        """The frame is on the screen."""
        self.grading.tempo.shown()

    def draw(self, surface: pygame.Surface) -> None:
        """One frame."""
        grading, item = self.grading, self.grading.item
        layout = review_layout(*surface.get_size(), 2, with_line=False)
        brush = Canvas(surface, self._type, layout.unit)
        brush.clear()
        if item is not None:
            _column(brush, layout, grading, item)
            self._pictures(brush, layout, item)
        else:
            words = "Every prediction is graded." if grading.items else "No predictions to grade."
            brush.text(words, layout.window.center, 28, TEXT, True, "center")
        _top(brush, layout, grading)
        pygame.draw.rect(surface, PANEL, layout.bottom)
        at = (layout.bottom.x + brush.px(12), layout.bottom.centery)
        brush.keys(self.fingers.hints(), at, 13.5, layout.bottom.right)
        if grading.notice:
            draw_notice(brush, layout.views[0].union(layout.views[1]), grading.notice)
        if grading.help:
            draw_help(brush, layout.window, self.fingers.help_page())

    def _pictures(self, brush: Canvas, layout: ReviewLayout, item: RecordedPlan) -> None:
        front, wrist = layout.views
        drive = self.grading.drive
        images: dict[str, Image] = item.images
        if drive is not None:
            images = {CAMERA: drive.env.picture(CAMERA, VIEW_PX, VIEW_PX)}
        for rect, image in zip((front, wrist), images.values(), strict=False):
            brush.picture(image, rect)
        if drive is None:
            self._paths(brush, front, front, item)
            self._magnify(brush, layout, item)

    def _paths(
        self, brush: Canvas, area: pygame.Rect, within: pygame.Rect, item: RecordedPlan
    ) -> None:
        """What was done and what would be, on a picture that fills `area`, cut to `within`."""
        brush.surface.set_clip(within)
        for actions, colour in ((item.done, SKY), (self.grading.proposal, ORANGE)):
            if len(actions):
                draw_path(brush, area, self._path(item, actions), colour, with_doubt=False)
        brush.surface.set_clip(None)

    def _magnify(self, brush: Canvas, layout: ReviewLayout, item: RecordedPlan) -> None:
        """The front picture around the hand, larger: paths are short."""
        side = layout.column.w - 2 * brush.px(16)
        glass = pygame.Rect(layout.column.x + brush.px(16), 0, side, side)
        glass.bottom = layout.column.bottom - brush.px(12)
        points = [self._path(item, way).points for way in (item.done, self.grading.proposal)]
        x, y = np.mean([end for path in points for end in (path[0], path[-1])], axis=0)
        whole = pygame.Rect(0, 0, round(ENLARGED * side), round(ENLARGED * side))
        half = whole.h / 2
        whole.center = (round(glass.centerx - x * half), round(glass.centery - y * half))
        brush.surface.set_clip(glass)
        brush.picture(item.images[CAMERA], whole)
        self._paths(brush, whole, glass, item)
        pygame.draw.rect(brush.surface, DIM, glass, brush.px(2))

    def _path(self, item: RecordedPlan, actions: NDArray[np.float32]) -> DrawnPath:
        plan = Plan(actions, np.zeros_like(actions), float("nan"))
        return drawn_path(item.view, item.hand_m, item.closing, plan, 0)


def _top(brush: Canvas, layout: ReviewLayout, grading: PredictionReview) -> None:
    area = layout.top
    pygame.draw.rect(brush.surface, PANEL, area)
    left, right = area.x + brush.px(14), area.right - brush.px(14)
    place, count = min(grading.place, len(grading.items)), len(grading.items)
    done = f"{place} of {count}, {len(grading.pen.said)} graded"
    end = brush.text(done, (right, area.centery - brush.px(10)), 18, TEXT, True, "midright")
    bar = pygame.Rect(0, 0, brush.px(220), brush.px(8))
    bar.midright = (right, area.centery + brush.px(15))
    brush.bar(bar, grading.place / max(1, len(grading.items)), MINT)
    if grading.item is not None:
        room = end.left - left - brush.px(20)
        words = f"Is this right?  {grading.item.instruction}"
        brush.text(words, (left, area.centery - brush.px(10)), 20, TEXT, True, width=room)
        below = f"{grading.item.episode}, step {grading.item.step}; policy {grading.policy}"
        brush.text(below, (left, area.centery + brush.px(15)), 13.5, DIM, width=room)


def _column(
    brush: Canvas, layout: ReviewLayout, grading: PredictionReview, item: RecordedPlan
) -> None:
    area = layout.column
    pygame.draw.rect(brush.surface, PANEL, area)
    x, y = area.x + brush.px(16), area.y + brush.px(24)
    novelty = f"{item.plan.novelty:.2f}" if np.isfinite(item.plan.novelty) else "not known"
    closes = "closed" if grading.proposal[-1, -1] > 0 else "open"
    rows = [
        ("orange, solid end", "what the policy would do", ORANGE),
        ("blue", "what was done", SKY),
        ("novelty", novelty, TEXT),
        ("they end apart by", f"{100 * item.disagreement_m:.1f} cm", TEXT),
        ("the hand ends", closes, TEXT),
    ]
    if grading.draft.is_moved:
        moved = (
            "driven by you" if grading.draft.driven is not None else _offset(grading.draft.offset_m)
        )
        rows.append(("put right", moved, YELLOW))
    for label, value, colour in rows:
        brush.text(label, (x, y), 12.5, DIM)
        brush.text(value, (x, y + brush.px(20)), 16, colour, True, width=area.w - brush.px(32))
        y += brush.px(54)


def _offset(offset_m: NDArray[np.float64]) -> str:
    away, left, up = (100 * offset_m).round(1)
    return f"{away:+.1f} away, {left:+.1f} left, {up:+.1f} up [cm]"
