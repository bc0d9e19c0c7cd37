"""`sidestick review` runs a review window frame by frame until the reviewer leaves.

`review_episodes` opens it for episodes and gives a `ReviewReport`; clicks and predictions use
`review_window` and `run_window` with windows of their own.
"""

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
    """The verdicts of one review, and how fast they were given."""

    operator: str
    judged: int
    """Episodes that got a verdict."""
    left: int
    """Episodes that this operator has given no verdict on."""
    judgements: int
    """All judgements that were not undone."""
    per_minute: float
    """Verdicts a minute."""
    longest_wait_ms: float
    """From a verdict to the first picture of the next episode."""

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return {**vars(self)}


@contextlib.contextmanager
def review_window(headless: bool) -> Iterator[tuple[pygame.Surface, Gamepads]]:
    """Open the window and give its surface and the gamepads; headless without a screen."""
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
    """Have episodes judged in the window until the reviewer leaves.

    `only` is one episode, as `Workspace.find` takes it; UnknownName where there is none.
    `simulated` judges in the place of a person, `episodes` at most.
    BadValue for a workspace without episodes.
    """
    names = [] if only is None else [workspace.find(only).stem]
    if not workspace.episodes():
        raise BadValue("episodes to judge", "at least one in the workspace", "none")
    reviewer = SimulatedReviewer(episodes) if simulated else None
    with (
        review_window(headless) as (surface, pads),
        contextlib.closing(EpisodeReview(workspace, operator, names)) as review,
    ):
        window = EpisodeWindow(review, pads)
        run_window(window, surface, reviewer or (lambda _: None))
        return _report(review, operator)


def _report(review: EpisodeReview, operator: str) -> ReviewReport:
    review_speed = review.review_speed
    spent = review_speed.clock() - review_speed.began
    return ReviewReport(
        operator=operator,
        judged=len(review_speed.done),
        left=len(review.queue.open),
        judgements=len(review.writer.said),
        per_minute=round(60.0 * len(review_speed.done) / max(spent, 1e-9), 1),
        longest_wait_ms=round(1e3 * float(np.max(review_speed.waits, initial=0.0)), 1),
    )


FRAME_S = 1 / 50
"""Length of a frame, s."""
SHORTEST_SLEEP_S = 0.001


class ReviewWindow(Protocol):
    """What `run_window` needs of a window."""

    @property
    def over(self) -> bool:
        """Whether the reviewer has asked to leave."""
        ...

    def leave(self) -> None:
        """End the review: the window was closed."""
        ...

    def handle(self, event: pygame.event.Event) -> None:
        """Do what a key, button or click in an event asks for."""
        ...

    def pass_time(self, seconds: float) -> None:
        """Advance by so much time, and do what gamepads ask for."""
        ...

    def draw(self, surface: pygame.Surface) -> None:
        """Draw one frame."""
        ...

    def shown(self) -> None:
        """Note that the drawn frame is on the screen."""
        ...


WindowKind = TypeVar("WindowKind", bound=ReviewWindow)
SimulatedKeys = Callable[[WindowKind], None]
"""A simulated reviewer: is called with the window before each frame, and posts key presses."""


def run_window(
    window: WindowKind,
    surface: pygame.Surface,
    reviewer: SimulatedKeys[WindowKind] = lambda _: None,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Run frames until the window is over; closing it on the screen ends it like leaving."""
    before = clock()
    while not window.over:
        began = clock()
        reviewer(window)
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                window.leave()
            window.handle(event)
        window.pass_time(began - before)
        before = began
        window.draw(pygame.display.get_surface() or surface)
        pygame.display.flip()
        window.shown()
        sleep(max(SHORTEST_SLEEP_S, FRAME_S - (clock() - began)))
