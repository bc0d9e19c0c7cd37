"""The window of predictions draws the plan in orange and the recorded actions in blue.

`review_predictions` runs it; it passes the reviewer's keys to a `PredictionReview`.
"""

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
from .redrawn_views import RedrawnViews

VIEW_PX = 480
"""Side of the picture that is rendered while a correction is driven."""
ENLARGED = 4.0
"""Width of the front picture in the inset that enlarges it, in widths of the inset."""


class PredictionWindow:
    """Passes events and time to a `PredictionReview` and draws it."""

    def __init__(
        self, review: PredictionReview, pads: Gamepads, views: RedrawnViews | None = None
    ) -> None:
        """`views` draws the recorded moments larger; None shows them as they were recorded."""
        self._views = views
        self.review, self.key_input = review, KeyInput(KEYS, pads)
        self._type = TextRenderer()

    @property
    def over(self) -> bool:
        """Whether the reviewer has asked to leave."""
        return self.review.over

    def leave(self) -> None:
        """End the review: the window was closed."""
        self.review.over = True

    def close(self) -> None:
        """Stop drawing."""
        if self._views is not None:
            self._views.close()

    def handle(self, event: pygame.event.Event) -> None:
        """Do what a key, button or click in an event asks for."""
        for action in self.key_input.handle(event):
            self.review.do(action)

    def pass_time(self, seconds: float) -> None:
        """Do what was pressed, and drive a correction on."""
        reading, presses = self.key_input.sample(seconds)
        for action in presses:
            self.review.do(action)
        push: NDArray[np.float64] = np.zeros(3)
        for action, direction in DIRECTIONS.items():
            push += reading.values.get(action, 0.0) * np.array(direction, float)
        self.review.pass_time(seconds, push)

    def shown(self) -> None:
        """Note that the drawn frame is on the screen."""
        self.review.review_speed.shown()

    def draw(self, surface: pygame.Surface) -> None:
        """Draw one frame."""
        review, item = self.review, self.review.item
        layout = review_layout(*surface.get_size(), 2, with_line=False)
        canvas = Canvas(surface, self._type, layout.unit)
        canvas.clear()
        if item is not None:
            _column(canvas, layout, review, item)
            self._pictures(canvas, layout, item)
        else:
            words = "Every prediction is graded." if review.items else "No predictions to grade."
            canvas.text(words, layout.window.center, 28, TEXT, True, "center")
        _top(canvas, layout, review)
        pygame.draw.rect(surface, PANEL, layout.bottom)
        at = (layout.bottom.x + canvas.px(12), layout.bottom.centery)
        canvas.keys(self.key_input.hints(), at, 13.5, layout.bottom.right)
        if review.notice:
            draw_notice(canvas, layout.views[0].union(layout.views[1]), review.notice)
        if review.help:
            draw_help(canvas, layout.window, self.key_input.help_page())

    def _pictures(self, canvas: Canvas, layout: ReviewLayout, item: RecordedPlan) -> None:
        front, wrist = layout.views
        drive = self.review.drive
        images = {name: self._drawn(item, name) for name in item.images}
        if drive is not None:
            images = {CAMERA: drive.env.picture(CAMERA, VIEW_PX, VIEW_PX)}
        for rect, image in zip((front, wrist), images.values(), strict=False):
            canvas.picture(image, rect)
        if drive is None:
            self._paths(canvas, front, front, item)
            self._magnify(canvas, layout, item)

    def _drawn(self, item: RecordedPlan, camera: str) -> Image:
        """A moment as it is drawn again, or as it was recorded until that has come."""
        again = self._views.picture(item, camera) if self._views is not None else None
        return item.images[camera] if again is None else again

    def _paths(
        self, canvas: Canvas, area: pygame.Rect, within: pygame.Rect, item: RecordedPlan
    ) -> None:
        """Draw recorded and planned paths on a picture that fills `area`, clipped to `within`."""
        canvas.surface.set_clip(within)
        for actions, colour in ((item.done, SKY), (self.review.proposal, ORANGE)):
            if len(actions):
                draw_path(canvas, area, self._path(item, actions), colour, with_spread=False)
        canvas.surface.set_clip(None)

    def _magnify(self, canvas: Canvas, layout: ReviewLayout, item: RecordedPlan) -> None:
        """Draw the front picture around the end effector enlarged, since paths are short."""
        side = layout.column.w - 2 * canvas.px(16)
        glass = pygame.Rect(layout.column.x + canvas.px(16), 0, side, side)
        glass.bottom = layout.column.bottom - canvas.px(12)
        points = [self._path(item, way).points for way in (item.done, self.review.proposal)]
        x, y = np.mean([end for path in points for end in (path[0], path[-1])], axis=0)
        whole = pygame.Rect(0, 0, round(ENLARGED * side), round(ENLARGED * side))
        half = whole.h / 2
        whole.center = (round(glass.centerx - x * half), round(glass.centery - y * half))
        canvas.surface.set_clip(glass)
        canvas.picture(self._drawn(item, CAMERA), whole)
        self._paths(canvas, whole, glass, item)
        pygame.draw.rect(canvas.surface, DIM, glass, canvas.px(2))

    def _path(self, item: RecordedPlan, actions: NDArray[np.float32]) -> DrawnPath:
        plan = Plan(actions, np.zeros_like(actions), float("nan"))
        return drawn_path(item.view, item.ee_m, item.closing, plan, 0)


def _top(canvas: Canvas, layout: ReviewLayout, review: PredictionReview) -> None:
    area = layout.top
    pygame.draw.rect(canvas.surface, PANEL, area)
    left, right = area.x + canvas.px(14), area.right - canvas.px(14)
    place, count = min(review.place, len(review.items)), len(review.items)
    done = f"{place} of {count}, {len(review.writer.said)} graded"
    end = canvas.text(done, (right, area.centery - canvas.px(10)), 18, TEXT, True, "midright")
    bar = pygame.Rect(0, 0, canvas.px(220), canvas.px(8))
    bar.midright = (right, area.centery + canvas.px(15))
    canvas.bar(bar, review.place / max(1, len(review.items)), MINT)
    if review.item is not None:
        room = end.left - left - canvas.px(20)
        words = f"Is this right?  {review.item.instruction}"
        canvas.text(words, (left, area.centery - canvas.px(10)), 20, TEXT, True, width=room)
        below = f"{review.item.episode}, step {review.item.step}; policy {review.policy}"
        canvas.text(below, (left, area.centery + canvas.px(15)), 13.5, DIM, width=room)


def _column(
    canvas: Canvas, layout: ReviewLayout, review: PredictionReview, item: RecordedPlan
) -> None:
    area = layout.column
    pygame.draw.rect(canvas.surface, PANEL, area)
    x, y = area.x + canvas.px(16), area.y + canvas.px(24)
    novelty = f"{item.plan.novelty:.2f}" if np.isfinite(item.plan.novelty) else "not known"
    closes = "closed" if review.proposal[-1, -1] > 0 else "open"
    rows = [
        ("orange, solid end", "what the policy would do", ORANGE),
        ("blue", "what was done", SKY),
        ("novelty", novelty, TEXT),
        ("they end apart by", f"{100 * item.disagreement_m:.1f} cm", TEXT),
        ("the gripper ends", closes, TEXT),
    ]
    if review.plan_edit.is_moved:
        moved = (
            "driven by you"
            if review.plan_edit.driven is not None
            else _offset(review.plan_edit.offset_m)
        )
        rows.append(("corrected", moved, YELLOW))
    for label, value, colour in rows:
        canvas.text(label, (x, y), 12.5, DIM)
        canvas.text(value, (x, y + canvas.px(20)), 16, colour, True, width=area.w - canvas.px(32))
        y += canvas.px(54)


def _offset(offset_m: NDArray[np.float64]) -> str:
    away, left, up = (100 * offset_m).round(1)
    return f"{away:+.1f} away, {left:+.1f} left, {up:+.1f} up [cm]"
