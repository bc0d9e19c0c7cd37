"""`sidestick review`: opens the window, seats the grader, says what came of it."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from ...datasets.workspace import Workspace
from ...sim_envs.errors import BadValue
from ..devices.gamepads import Gamepads
from ..devices.sdl import pygame
from ..ui.window import open_window
from .episode_review import EpisodeReview
from .episode_window import EpisodeWindow
from .simulated_reviewer import SimulatedReviewer


@dataclass(frozen=True)
class ReviewReport:
    """What a sitting of a grader came to."""

    operator: str
    judged: int
    """Episodes that got a verdict."""
    left: int
    """Episodes that have none of this operator."""
    judgements: int
    """All that was said and not taken back."""
    per_minute: float
    """Verdicts a minute."""
    longest_wait_ms: float
    """From a verdict to the first picture of the next episode."""

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self)}


@contextlib.contextmanager
def review_window(headless: bool) -> Iterator[tuple[pygame.Surface, Gamepads]]:
    """The window and the pads; without a screen where it is headless."""
    if headless:
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    surface = open_window()
    try:
        yield surface, Gamepads()
    finally:
        pygame.quit()


def review_episodes(
    workspace: Workspace,
    operator: str,
    only: str | None = None,
    headless: bool = False,
    simulated: bool = False,
    episodes: int | None = None,
) -> ReviewReport:
    """Judge episodes in the window until the grader leaves.

    `only` is one episode, as `Workspace.find` takes it; UnknownName where there is none.
    BadValue for a workspace without episodes.
    """
    names = [] if only is None else [workspace.find(only).stem]
    if not workspace.episodes():
        raise BadValue("episodes to judge", "at least one in the workspace", "none")
    grader = SimulatedReviewer(episodes) if simulated else None
    with (
        review_window(headless) as (surface, pads),
        contextlib.closing(EpisodeReview(workspace, operator, names)) as grading,
    ):
        page = EpisodeWindow(grading, pads)
        run_window(page, surface, grader or (lambda _: None))
        return _report(grading, operator)


def _report(grading: EpisodeReview, operator: str) -> ReviewReport:
    grading_speed = grading.grading_speed
    spent = grading_speed.clock() - grading_speed.began
    return ReviewReport(
        operator=operator,
        judged=len(grading_speed.done),
        left=len(grading.order.open),
        judgements=len(grading.writer.said),
        per_minute=round(60.0 * len(grading_speed.done) / max(spent, 1e-9), 1),
        longest_wait_ms=round(1e3 * float(np.max(grading_speed.waits, initial=0.0)), 1),
    )


FRAME_S = 1 / 50
SHORTEST_NAP_S = 0.001


class ReviewWindow(Protocol):
    """What is before the grader."""

    @property
    def over(self) -> bool:
        """Whether to leave."""
        ...

    def leave(self) -> None:
        """The window was closed."""
        ...

    def handle(self, event: pygame.event.Event) -> None:
        """One event of the window."""
        ...

    def pass_time(self, seconds: float) -> None:
        """So much time has passed."""
        ...

    def draw(self, surface: pygame.Surface) -> None:
        """One frame."""
        ...

    def shown(self) -> None:
        """The frame is on the screen."""
        ...


PageKind = TypeVar("PageKind", bound=ReviewWindow)
Grader = Callable[[PageKind], None]
"""A simulated grader: looks at the page before each frame, and posts its key presses."""


def run_window(
    page: PageKind,
    surface: pygame.Surface,
    grader: Grader[PageKind] = lambda _: None,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Stay until the page is over; a closed window leaves, and nothing that was said is lost."""
    before = clock()
    while not page.over:
        began = clock()
        grader(page)
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                page.leave()
            page.handle(event)
        page.pass_time(began - before)
        before = began
        page.draw(pygame.display.get_surface() or surface)
        pygame.display.flip()
        page.shown()
        sleep(max(SHORTEST_NAP_S, FRAME_S - (clock() - began)))
