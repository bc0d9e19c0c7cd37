"""`review_episodes` runs this window, which passes keys to an `EpisodeReview` and draws it."""

import math

import numpy as np

from ...datasets.episode import Episode
from ...datasets.schema import is_image
from ...datasets.step import Driver, Level
from ...sim_envs.spaces import Image
from ..devices.gamepads import Gamepads
from ..devices.sdl import pygame
from ..session.driver_styles import DRIVER_STYLES
from ..ui.canvas import Canvas
from ..ui.key_input import KeyInput
from ..ui.layout import ReviewLayout, review_layout
from ..ui.palette import (
    BACKGROUND,
    DIM,
    FAINT,
    MINT,
    PANEL,
    RAISED,
    TEXT,
    VERMILION,
    YELLOW,
    Colour,
)
from ..ui.text import TextRenderer
from ..ui.widgets import draw_help, draw_list, draw_notice, draw_symbol, wrapped
from .episode_actions import KEYS, EpisodeAction
from .episode_review import EpisodeReview
from .timeline import draw_timeline


class EpisodeWindow:
    """Passes events and time to an `EpisodeReview` and draws it."""

    def __init__(self, review: EpisodeReview, pads: Gamepads) -> None:
        self.review, self.key_input = review, KeyInput(KEYS, pads)
        self._screen = EpisodeScreen()
        self._echo = ""
        """The text of the key that began writing: SDL sends each letter twice, as key and text."""

    @property
    def over(self) -> bool:
        """Whether the reviewer has asked to leave."""
        return self.review.over

    def leave(self) -> None:
        """End the review: the window was closed."""
        self.review.over = True

    def handle(self, event: pygame.event.Event) -> None:
        """Do what a key, button or click in an event asks for."""
        writing = self.review.marks.text is not None
        actions = self.key_input.handle(event)
        if writing:
            self._type_text(event)
            return
        for action in actions:
            self.review.do(action)
        if EpisodeAction.WRITE in actions:
            self._echo = getattr(event, "unicode", "")

    def pass_time(self, seconds: float) -> None:
        """Do what was pressed, and play on or scrub."""
        reading, actions = self.key_input.sample(seconds)
        for action in actions if self.review.marks.text is None else ():
            self.review.do(action)
        scrub = reading.between(EpisodeAction.SCRUB_ON, EpisodeAction.SCRUB_BACK)
        self.review.pass_time(seconds, scrub)

    def draw(self, surface: pygame.Surface) -> None:
        """Draw one frame."""
        self._screen.draw(surface, self.review, self.key_input)

    def shown(self) -> None:
        """Note that the drawn frame is on the screen."""
        self.review.shown()

    def _type_text(self, event: pygame.event.Event) -> None:
        marks = self.review.marks
        if event.type == pygame.TEXTINPUT:
            if event.text != self._echo:
                self.review.write(event.text)
            self._echo = ""
        elif event.type == pygame.KEYDOWN and event.key in (pygame.K_RETURN, pygame.K_ESCAPE):
            self.review.end_writing(keep=event.key == pygame.K_RETURN)
        elif event.type == pygame.KEYDOWN and event.key == pygame.K_BACKSPACE and marks.text:
            marks.text = marks.text[:-1]


class EpisodeScreen:
    """Draws an `EpisodeReview` on a surface of any size."""

    def __init__(self) -> None:
        self._type = TextRenderer()

    def draw(
        self, surface: pygame.Surface, review: EpisodeReview, key_input: KeyInput[EpisodeAction]
    ) -> None:
        """Draw one frame: pictures, timeline, judgements and keys."""
        episode, step = review.episode, review.player.step
        pictures = _pictures(episode, step) if episode else {}
        layout = review_layout(*surface.get_size(), max(1, len(pictures)))
        canvas = Canvas(surface, self._type, layout.unit)
        canvas.clear()
        if episode is None:
            _done(canvas, layout, review, key_input)
        else:
            _views(canvas, layout, pictures, review)
            _column(canvas, layout.column, episode, review)
            marks = review.marks
            draw_timeline(canvas, layout.line, episode, review.stands, step, marks.bad_from)
            driver = Driver(int(episode.driver[step]))
            pygame.draw.rect(surface, DRIVER_STYLES[driver].colour, layout.window, layout.border)
        _top(canvas, layout, review)
        _bottom(canvas, layout, key_input)
        _over(canvas, layout, review, key_input)


def _pictures(episode: Episode, step: int) -> dict[str, Image]:
    return {
        name.removesuffix("_image"): np.asarray(rows[step], np.uint8)
        for name, rows in episode.observations.items()
        if is_image(name)
    }


def _views(
    canvas: Canvas, layout: ReviewLayout, pictures: dict[str, Image], review: EpisodeReview
) -> None:
    for rect, (camera, image) in zip(layout.views, pictures.items(), strict=True):
        canvas.picture(image, rect)
        tag = canvas.type.rendered(camera, 13 * canvas.unit, DIM)
        place = tag.get_rect(topleft=(rect.x + canvas.px(10), rect.y + canvas.px(8)))
        canvas.strip(place.inflate(canvas.px(12), canvas.px(6)))
        canvas.surface.blit(tag, place)
    if review.notice:
        first, last = layout.views[0], layout.views[-1]
        draw_notice(canvas, first.union(last), review.notice)


def _top(canvas: Canvas, layout: ReviewLayout, review: EpisodeReview) -> None:
    area = layout.top
    pygame.draw.rect(canvas.surface, PANEL, area)
    review_speed, queue = review.review_speed, review.queue
    left = area.x + canvas.px(14)
    right = area.right - canvas.px(14)
    rate = review_speed.per_minute
    speed = f"   {rate:.1f} a minute" if math.isfinite(rate) else ""
    done = f"{queue.total - len(queue.open)} of {queue.total} judged{speed}"
    end = canvas.text(done, (right, area.centery - canvas.px(10)), 18, TEXT, True, "midright")
    bar = pygame.Rect(0, 0, canvas.px(220), canvas.px(8))
    bar.midright = (right, area.centery + canvas.px(15))
    canvas.bar(bar, 1 - len(queue.open) / max(1, queue.total), MINT)
    if review.episode is None:
        return
    summary = review.episode.summary
    header = summary.header
    room = end.left - left - canvas.px(20)
    upper, lower = area.centery - canvas.px(10), area.centery + canvas.px(15)
    canvas.text(header.instruction, (left, upper), 20, TEXT, True, width=room)
    level = Level(header.level).name.lower().replace("_", "-")
    policy = f", policy {header.policy_id}" if header.policy_id else ""
    below = f"{summary.id}   {level}{policy}   driven by {header.operator or 'nobody'}"
    canvas.text(below, (left, lower), 13.5, DIM, width=room)


def _column(canvas: Canvas, area: pygame.Rect, episode: Episode, review: EpisodeReview) -> None:
    pygame.draw.rect(canvas.surface, PANEL, area)
    x, y, wide = area.x + canvas.px(16), area.y + canvas.px(20), area.w - canvas.px(32)
    stands, player = review.stands, review.player
    solved = bool(episode.succeeded[-1])
    verdict = stands.success
    words = "no verdict yet" if verdict is None else ("SUCCESS" if verdict else "FAILURE")
    colour: Colour = FAINT if verdict is None else (MINT if verdict else VERMILION)
    draw_symbol(canvas, verdict, (x + canvas.px(14), y + canvas.px(6)))
    canvas.text(words, (x + canvas.px(38), y + canvas.px(6)), 22, colour, True, width=wide)
    y += canvas.px(40)
    y = _stars(canvas, x, y, stands.quality)
    driver = Driver(int(episode.driver[player.step]))
    state = "plays" if player.playing and not player.at_end else "stands"
    rows: list[tuple[str, str]] = [
        ("the environment says", "success" if solved else "failure"),
        ("recorded as", episode.summary.success_label),
        ("drives here", DRIVER_STYLES[driver].name),
        (f"{state}, {player.speed}x", f"step {player.step + 1} of {player.steps}"),
        ("shown because", "; ".join(review.priority.why) or "it is next"),
    ]
    if stands.reasons or stands.text:
        told = [*stands.reasons, *([f"“{stands.text}”"] if stands.text else [])]
        rows.append(("reasons", "; ".join(told)))
    if stands.tags:
        rows.append(("tags", ", ".join(stands.tags)))
    if stands.operators:
        disputed = "; they disagree" if stands.disputed else ""
        rows.append(("judged by", ", ".join(stands.operators) + disputed))
    for label, value in rows:
        canvas.text(label, (x, y), 12.5, DIM, width=wide)
        y += canvas.px(18)
        for line in wrapped(canvas, value, 15, wide, 3):
            canvas.text(line, (x, y), 15, TEXT, width=wide)
            y += canvas.px(20)
        y += canvas.px(6)


def _stars(canvas: Canvas, x: int, y: int, quality: int | None) -> int:
    for number in range(5):
        centre = (x + canvas.px(13 + 30 * number), y + canvas.px(6))
        filled = quality is not None and number < quality
        pygame.draw.circle(canvas.surface, YELLOW if filled else RAISED, centre, canvas.px(10))
        ink = BACKGROUND if filled else DIM
        canvas.text(str(number + 1), centre, 12.5, ink, True, "center")
    return y + canvas.px(34)


def _bottom(canvas: Canvas, layout: ReviewLayout, key_input: KeyInput[EpisodeAction]) -> None:
    pygame.draw.rect(canvas.surface, PANEL, layout.bottom)
    at = (layout.bottom.x + canvas.px(12), layout.bottom.centery)
    canvas.keys(key_input.hints(), at, 13.5, layout.bottom.right - canvas.px(10))


def _done(
    canvas: Canvas, layout: ReviewLayout, review: EpisodeReview, key_input: KeyInput[EpisodeAction]
) -> None:
    centre = layout.window.center
    total = review.queue.total
    words = f"All {total} episodes are judged." if total else "There is nothing to judge here."
    canvas.text(words, centre, 28, TEXT, True, "center")
    below = (centre[0], centre[1] + canvas.px(40))
    undo, leave = key_input.name_of(EpisodeAction.UNDO), key_input.name_of(EpisodeAction.QUIT)
    told = f"{undo} takes the last judgement back, {leave} leaves."
    canvas.text(told, below, 16, DIM, anchor="center")


def _over(
    canvas: Canvas, layout: ReviewLayout, review: EpisodeReview, key_input: KeyInput[EpisodeAction]
) -> None:
    marks = review.marks
    if marks.menu is not None:
        draw_list(canvas, layout.window, marks.menu.title, marks.menu.items, marks.menu.at)
    elif marks.text is not None:
        title = "In your own words: enter keeps, escape drops"
        draw_list(canvas, layout.window, title, (marks.text + "▏",), -1)
    if review.help:
        draw_help(canvas, layout.window, key_input.help_page())
