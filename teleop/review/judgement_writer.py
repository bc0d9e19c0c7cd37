"""`JudgementWriter` writes a reviewer's judgements to the database, and undoes the last one.

The three review windows use it, with `ReviewSpeed` for their figures; the window of episodes also
its `Menu` and `Marks`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...datasets.judgements.judgement import VERDICT, Judgement
from ...datasets.judgements.judgements import Judge
from ...sim_envs.errors import DamagedFile, SidestickError
from .episode_actions import EpisodeAction


class Unwritten(SidestickError):
    """Judgements were given and are not in the database."""


class JudgementWriter:
    """Writes the judgements of one person in one review, at once or after the next frame."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.said: list[Judgement] = []
        """The judgements of this review that were not undone, in order."""
        self.unwritten: list[Judgement] = []
        """Those that could not be written yet, as while another program has locked the database."""
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
        """Write a judgement now; `refused` says why it cannot be, as when its episode is gone."""
        self.refused = ""
        self.unwritten.append(Judgement(episode, kind, self.judge.operator, payload, start, stop))
        self._write_all()

    def _write_all(self) -> None:
        """Write what is not yet, in its order; what the database does not take now stays."""
        while self.unwritten:
            one = self.unwritten[0]
            try:
                said = self.judge.say(one.episode, one.kind, one.start, one.stop, **one.payload)
            except DamagedFile as error:
                self.refused = f"not written yet: {error}"[:140]
                return
            except SidestickError as error:
                self.refused = f"not written: {error}"[:140]
            else:
                self.said.append(said)
            del self.unwritten[0]

    def close(self) -> None:
        """Write all that is left; Unwritten, with how many there are, where that fails."""
        self.flush()
        self._write_all()
        if self.unwritten:
            raise Unwritten(
                f"{len(self.unwritten)} judgements could not be written ({self.refused}); "
                "those before are kept, and the same command asks for the rest again"
            )

    def write_later(self, episode: str, verdict: str) -> None:
        """Keep a verdict until `flush`: the next episode is shown without waiting for the disk."""
        self.flush()
        self._later = (episode, verdict)

    def flush(self) -> None:
        """Write the verdict that was kept for later."""
        later, self._later = self._later, None
        if later is not None:
            self.write(later[0], VERDICT, verdict=later[1])

    def take_back(self) -> Judgement | None:
        """Undo the last judgement of this review, and return it; None where there is none."""
        self.flush()
        if self.unwritten:
            return self.unwritten.pop()
        if not self.said:
            return None
        last = self.said.pop()
        self.judge.undo(last)
        return last


RATE_WINDOW_S = 60.0
"""Verdicts of this last span count for the rate, s."""


@dataclass(frozen=True)
class Menu:
    """A list on the screen to choose from by number, or by going up and down."""

    title: str
    kind: str
    """Of the judgement that the choice becomes: REASON or TAG."""
    items: tuple[str, ...]
    at: int = 0
    """Index of the highlighted item."""

    def answered(self, action: EpisodeAction) -> tuple["Menu | None", str | None]:
        """The list after an action, None once it is closed; and the chosen item, None for none."""
        number = action.number
        if number is not None and number <= len(self.items):
            return None, self.items[number - 1]
        if action in (EpisodeAction.FASTER, EpisodeAction.SLOWER):
            step = 1 if action is EpisodeAction.SLOWER else -1
            return replace(self, at=(self.at + step) % len(self.items)), None
        return None, self.items[self.at] if action is EpisodeAction.SUCCESS else None


@dataclass
class Marks:
    """Inputs begun and not ended on the episode that is shown."""

    bad_from: int | None = None
    """Step at which a bad stretch was begun."""
    menu: Menu | None = None
    text: str | None = None
    """The text typed so far; None while none is written."""


@dataclass
class ReviewSpeed:
    """How fast the reviewer judges, and how long the next episode took to appear."""

    clock: Callable[[], float]
    done: list[float] = field(default_factory=list)
    """When each verdict was given, s of the clock."""
    waits: list[float] = field(default_factory=list)
    """From a verdict to the first picture of the next episode, s."""
    asked: float | None = None
    """When the verdict was given whose next picture is still to come."""
    began: float = 0.0

    def verdict(self) -> None:
        """Note that a verdict is given now."""
        self.done.append(self.clock())
        self.asked = self.clock()

    def shown(self) -> None:
        """Note that a frame is on the screen."""
        if self.asked is not None:
            self.waits.append(self.clock() - self.asked)
            self.asked = None

    @property
    def per_minute(self) -> float:
        """Verdicts a minute over the last minute; NaN without one."""
        now = self.clock()
        since = max(self.began, now - RATE_WINDOW_S)
        recent = sum(given > since for given in self.done)
        return recent * 60.0 / (now - since) if recent and now > since else float("nan")
