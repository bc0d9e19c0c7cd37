"""What a sitting of a grader keeps beside the episode: open marks, and how fast she is."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .deeds import Deed

RATE_WINDOW_S = 60.0


@dataclass(frozen=True)
class Menu:
    """A list to choose from by number, or by going up and down."""

    title: str
    kind: str
    items: tuple[str, ...]
    at: int = 0

    def answered(self, deed: Deed) -> tuple["Menu | None", str | None]:
        """What a press makes of it: the list as it goes on, None once it is closed; the choice."""
        number = deed.number
        if number is not None and number <= len(self.items):
            return None, self.items[number - 1]
        if deed in (Deed.FASTER, Deed.SLOWER):
            step = 1 if deed is Deed.SLOWER else -1
            return replace(self, at=(self.at + step) % len(self.items)), None
        return None, self.items[self.at] if deed is Deed.SUCCESS else None


@dataclass
class Marks:
    """What was begun and not ended on the episode that is shown."""

    bad_from: int | None = None
    menu: Menu | None = None
    text: str | None = None
    """What has been typed; None while nobody writes."""


@dataclass
class Tempo:
    """How fast the grader is, and how long the window kept her waiting."""

    clock: Callable[[], float]
    done: list[float] = field(default_factory=list)
    """When each verdict was given."""
    waits: list[float] = field(default_factory=list)
    """From a verdict to the first picture of the next episode, s."""
    asked: float | None = None
    began: float = 0.0

    def verdict(self) -> None:
        """A verdict was given now."""
        self.done.append(self.clock())
        self.asked = self.clock()

    def shown(self) -> None:
        """A frame is on the screen."""
        if self.asked is not None:
            self.waits.append(self.clock() - self.asked)
            self.asked = None

    @property
    def per_minute(self) -> float:
        """Episodes a minute, over the last minute; NaN before the first."""
        now = self.clock()
        since = max(self.began, now - RATE_WINDOW_S)
        recent = sum(moment > since for moment in self.done)
        return recent * 60.0 / (now - since) if recent and now > since else float("nan")
