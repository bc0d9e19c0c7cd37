"""The loop of every grader's window: hear, let time pass, draw."""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from ..devices.sdl import pygame

FRAME_S = 1 / 50
SHORTEST_NAP_S = 0.001


class Page(Protocol):
    """What is before the grader."""

    @property
    def over(self) -> bool:
        """Whether to leave."""
        ...

    def leave(self) -> None:
        """The window was closed."""
        ...

    def hear(self, event: pygame.event.Event) -> None:
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


PageKind = TypeVar("PageKind", bound=Page)
Grader = Callable[[PageKind], None]
"""A simulated grader: looks at the page before each frame, and posts its key presses."""


def sit(
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
            page.hear(event)
        page.pass_time(began - before)
        before = began
        page.draw(pygame.display.get_surface() or surface)
        pygame.display.flip()
        page.shown()
        sleep(max(SHORTEST_NAP_S, FRAME_S - (clock() - began)))
