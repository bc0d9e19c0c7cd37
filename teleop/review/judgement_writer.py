"""The grader's pen: writes judgements, at once or right after the next frame, and takes back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...datasets.judgements.judgements import VERDICT, Judge, Judgement
from ...sim_envs.errors import SidestickError
from .episode_actions import EpisodeAction


class JudgementWriter:
    """What one person says in one sitting."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.said: list[Judgement] = []
        """What stands of this sitting, in order."""
        self.refused = ""
        """Why the last judgement could not be written; empty when it was."""
        self._later: tuple[str, str] | None = None

    def write(
        self,
        episode: str,
        kind: str,
        start: int | None = None,
        stop: int | None = None,
        **payload: object,
    ) -> None:
        """Write a judgement now; what comes of one about an episode that is gone is `refused`."""
        self.refused = ""
        try:
            self.said.append(self.judge.add(episode, kind, start, stop, **payload))
        except SidestickError as error:
            self.refused = f"not written: {error}"[:140]

    def write_later(self, episode: str, verdict: str) -> None:
        """Keep a verdict until the next episode is on the screen: the disk may take its time."""
        self.flush()
        self._later = (episode, verdict)

    def flush(self) -> None:
        """Write what was kept."""
        later, self._later = self._later, None
        if later is not None:
            self.write(later[0], VERDICT, verdict=later[1])

    def take_back(self) -> Judgement | None:
        """Undo the last judgement of the sitting; None where there is none."""
        self.flush()
        if not self.said:
            return None
        last = self.said.pop()
        self.judge.undo(last)
        return last


RATE_WINDOW_S = 60.0


@dataclass(frozen=True)
class Menu:
    """A list to choose from by number, or by going up and down."""

    title: str
    kind: str
    items: tuple[str, ...]
    at: int = 0

    def answered(self, action: EpisodeAction) -> tuple["Menu | None", str | None]:
        """What a press makes of it: the list as it goes on, None once it is closed; the choice."""
        number = action.number
        if number is not None and number <= len(self.items):
            return None, self.items[number - 1]
        if action in (EpisodeAction.FASTER, EpisodeAction.SLOWER):
            step = 1 if action is EpisodeAction.SLOWER else -1
            return replace(self, at=(self.at + step) % len(self.items)), None
        return None, self.items[self.at] if action is EpisodeAction.SUCCESS else None


@dataclass
class Marks:
    """What was begun and not ended on the episode that is shown."""

    bad_from: int | None = None
    menu: Menu | None = None
    text: str | None = None
    """What has been typed; None while nobody writes."""


@dataclass
class GradingSpeed:
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
