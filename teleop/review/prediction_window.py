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
        self.grading.grading_speed.shown()

    def draw(self, surface: pygame.Surface) -> None:
        """One frame."""
        grading, item = self.grading, self.grading.item
        layout = review_layout(*surface.get_size(), 2, with_line=False)
        canvas = Canvas(surface, self._type, layout.unit)
        canvas.clear()
        if item is not None:
            _column(canvas, layout, grading, item)
            self._pictures(canvas, layout, item)
        else:
            words = "Every prediction is graded." if grading.items else "No predictions to grade."
            canvas.text(words, layout.window.center, 28, TEXT, True, "center")
        _top(canvas, layout, grading)
        pygame.draw.rect(surface, PANEL, layout.bottom)
        at = (layout.bottom.x + canvas.px(12), layout.bottom.centery)
        canvas.keys(self.fingers.hints(), at, 13.5, layout.bottom.right)
        if grading.notice:
            draw_notice(canvas, layout.views[0].union(layout.views[1]), grading.notice)
        if grading.help:
            draw_help(canvas, layout.window, self.fingers.help_page())

    def _pictures(self, canvas: Canvas, layout: ReviewLayout, item: RecordedPlan) -> None:
        front, wrist = layout.views
        drive = self.grading.drive
        images: dict[str, Image] = item.images
        if drive is not None:
            images = {CAMERA: drive.env.picture(CAMERA, VIEW_PX, VIEW_PX)}
        for rect, image in zip((front, wrist), images.values(), strict=False):
            canvas.picture(image, rect)
        if drive is None:
            self._paths(canvas, front, front, item)
            self._magnify(canvas, layout, item)

    def _paths(
        self, canvas: Canvas, area: pygame.Rect, within: pygame.Rect, item: RecordedPlan
    ) -> None:
        """What was done and what would be, on a picture that fills `area`, cut to `within`."""
        canvas.surface.set_clip(within)
        for actions, colour in ((item.done, SKY), (self.grading.proposal, ORANGE)):
            if len(actions):
                draw_path(canvas, area, self._path(item, actions), colour, with_doubt=False)
        canvas.surface.set_clip(None)

    def _magnify(self, canvas: Canvas, layout: ReviewLayout, item: RecordedPlan) -> None:
        """The front picture around the hand, larger: paths are short."""
        side = layout.column.w - 2 * canvas.px(16)
        glass = pygame.Rect(layout.column.x + canvas.px(16), 0, side, side)
        glass.bottom = layout.column.bottom - canvas.px(12)
        points = [self._path(item, way).points for way in (item.done, self.grading.proposal)]
        x, y = np.mean([end for path in points for end in (path[0], path[-1])], axis=0)
        whole = pygame.Rect(0, 0, round(ENLARGED * side), round(ENLARGED * side))
        half = whole.h / 2
        whole.center = (round(glass.centerx - x * half), round(glass.centery - y * half))
        canvas.surface.set_clip(glass)
        canvas.picture(item.images[CAMERA], whole)
        self._paths(canvas, whole, glass, item)
        pygame.draw.rect(canvas.surface, DIM, glass, canvas.px(2))

    def _path(self, item: RecordedPlan, actions: NDArray[np.float32]) -> DrawnPath:
        plan = Plan(actions, np.zeros_like(actions), float("nan"))
        return drawn_path(item.view, item.hand_m, item.closing, plan, 0)


def _top(canvas: Canvas, layout: ReviewLayout, grading: PredictionReview) -> None:
    area = layout.top
    pygame.draw.rect(canvas.surface, PANEL, area)
    left, right = area.x + canvas.px(14), area.right - canvas.px(14)
    place, count = min(grading.place, len(grading.items)), len(grading.items)
    done = f"{place} of {count}, {len(grading.writer.said)} graded"
    end = canvas.text(done, (right, area.centery - canvas.px(10)), 18, TEXT, True, "midright")
    bar = pygame.Rect(0, 0, canvas.px(220), canvas.px(8))
    bar.midright = (right, area.centery + canvas.px(15))
    canvas.bar(bar, grading.place / max(1, len(grading.items)), MINT)
    if grading.item is not None:
        room = end.left - left - canvas.px(20)
        words = f"Is this right?  {grading.item.instruction}"
        canvas.text(words, (left, area.centery - canvas.px(10)), 20, TEXT, True, width=room)
        below = f"{grading.item.episode}, step {grading.item.step}; policy {grading.policy}"
        canvas.text(below, (left, area.centery + canvas.px(15)), 13.5, DIM, width=room)


def _column(
    canvas: Canvas, layout: ReviewLayout, grading: PredictionReview, item: RecordedPlan
) -> None:
    area = layout.column
    pygame.draw.rect(canvas.surface, PANEL, area)
    x, y = area.x + canvas.px(16), area.y + canvas.px(24)
    novelty = f"{item.plan.novelty:.2f}" if np.isfinite(item.plan.novelty) else "not known"
    closes = "closed" if grading.proposal[-1, -1] > 0 else "open"
    rows = [
        ("orange, solid end", "what the policy would do", ORANGE),
        ("blue", "what was done", SKY),
        ("novelty", novelty, TEXT),
        ("they end apart by", f"{100 * item.disagreement_m:.1f} cm", TEXT),
        ("the hand ends", closes, TEXT),
    ]
    if grading.plan_edit.is_moved:
        moved = (
            "driven by you"
            if grading.plan_edit.driven is not None
            else _offset(grading.plan_edit.offset_m)
        )
        rows.append(("put right", moved, YELLOW))
    for label, value, colour in rows:
        canvas.text(label, (x, y), 12.5, DIM)
        canvas.text(value, (x, y + canvas.px(20)), 16, colour, True, width=area.w - canvas.px(32))
        y += canvas.px(54)


def _offset(offset_m: NDArray[np.float64]) -> str:
    away, left, up = (100 * offset_m).round(1)
    return f"{away:+.1f} away, {left:+.1f} left, {up:+.1f} up [cm]"
