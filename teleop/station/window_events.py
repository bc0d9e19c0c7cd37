"""`WindowEvents` is what the loop asks of the window beside input and pictures."""

from collections.abc import Iterable
from typing import Protocol

from ..devices.sdl import drop_presses, pygame
from ..ui.window import show_in_title


class WindowEvents(Protocol):
    """Events, title and presses of the place where the station is shown."""

    def events(self) -> Iterable[pygame.event.Event]:
        """What happened to the window since the last call."""
        ...

    def show_in_title(self, words: str) -> None:
        """Show words where they are seen while another window is in front."""
        ...

    def drop_presses(self) -> None:
        """Drop presses that nobody has read."""
        ...


class PygameEvents:
    """Those of pygame's window."""

    def events(self) -> Iterable[pygame.event.Event]:
        """SDL's events."""
        return pygame.event.get()

    def show_in_title(self, words: str) -> None:
        """In the window's title."""
        show_in_title(words)

    def drop_presses(self) -> None:
        """SDL's."""
        drop_presses()
