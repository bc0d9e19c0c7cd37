"""Episodes before the grader: events in, deeds done, frames out."""

from ..devices.pads import Pads
from ..devices.sdl import pygame
from .deeds import KEYS, Deed
from .fingers import Fingers
from .grading import Grading
from .screen import GradingScreen


class EpisodesPage:
    """Joins the state with fingers and screen."""

    def __init__(self, grading: Grading, pads: Pads) -> None:
        self.grading, self.fingers = grading, Fingers(KEYS, pads)
        self._screen = GradingScreen()
        self._echo = ""
        """SDL tells a letter twice, as key and as text; the text of the key that began is it."""

    @property
    def over(self) -> bool:
        """Whether the grader wants to leave."""
        return self.grading.over

    def leave(self) -> None:
        """The window was closed."""
        self.grading.over = True

    def hear(self, event: pygame.event.Event) -> None:
        """One event of the window."""
        if self.grading.marks.text is not None:
            self._hear_writing(event)
            return
        deed = self.fingers.hear(event)
        if deed is not None:
            self.grading.do(deed)
        if deed is Deed.WRITE:
            self._echo = getattr(event, "unicode", "")

    def pass_time(self, seconds: float) -> None:
        """Play on."""
        self.grading.pass_time(seconds, self.fingers.scrub())

    def draw(self, surface: pygame.Surface) -> None:
        """One frame."""
        self._screen.draw(surface, self.grading, self.fingers.on_pad)

    def shown(self) -> None:
        """The frame is on the screen."""
        self.grading.shown()

    def _hear_writing(self, event: pygame.event.Event) -> None:
        marks = self.grading.marks
        if event.type == pygame.TEXTINPUT:
            if event.text != self._echo:
                self.grading.write(event.text)
            self._echo = ""
        elif event.type == pygame.KEYDOWN and event.key in (pygame.K_RETURN, pygame.K_ESCAPE):
            self.grading.end_writing(keep=event.key == pygame.K_RETURN)
        elif event.type == pygame.KEYDOWN and event.key == pygame.K_BACKSPACE and marks.text:
            marks.text = marks.text[:-1]
