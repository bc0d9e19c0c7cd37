"""A recorded episode as it plays: where it is, how fast, and what scrubbing does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...datasets.judgements.judgement_state import ResolvedJudgements
from ...datasets.judgements.judgements import BAD, STAGE, TRIM
from .episode_actions import EpisodeAction

SPEEDS = (1, 2, 4, 8)


@dataclass
class Playback:
    """Plays `steps` steps at `hz` steps a second times the speed; stays at the end."""

    steps: int = 1
    hz: float = 20.0
    speed: int = 1
    position: float = 0.0
    """In steps."""
    playing: bool = True

    def load(self, steps: int) -> None:
        """Another episode, from its beginning."""
        self.steps, self.position, self.playing = max(1, steps), 0.0, True

    @property
    def step(self) -> int:
        """The step that is shown."""
        return min(self.steps - 1, int(self.position))

    @property
    def at_end(self) -> bool:
        """Whether the last step is shown."""
        return self.step == self.steps - 1

    def pass_time(self, seconds: float) -> None:
        """Play on."""
        if self.playing:
            self.go(self.position + seconds * self.hz * self.speed)

    def go(self, position: float) -> None:
        """Show another step, within the episode."""
        self.position = min(max(0.0, position), self.steps - 1.0)

    def move(self, steps: int) -> None:
        """Stop, and step."""
        self.playing = False
        self.go(float(self.step + steps))

    def toggle(self) -> None:
        """Play or pause; from the end it plays again from the beginning."""
        if self.at_end:
            self.position, self.playing = 0.0, True
        else:
            self.playing = not self.playing

    def faster(self, by: int) -> None:
        """The next speed up or down."""
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]


MOVES: dict[EpisodeAction, Callable[[Playback], None]] = {
    EpisodeAction.PLAY: Playback.toggle,
    EpisodeAction.FORWARD: lambda player: player.move(1),
    EpisodeAction.BACK: lambda player: player.move(-1),
    EpisodeAction.SECOND_ON: lambda player: player.move(round(player.hz)),
    EpisodeAction.SECOND_BACK: lambda player: player.move(-round(player.hz)),
    EpisodeAction.FIRST: lambda player: player.move(-player.steps),
    EpisodeAction.LAST: lambda player: player.move(player.steps),
    EpisodeAction.FASTER: lambda player: player.faster(1),
    EpisodeAction.SLOWER: lambda player: player.faster(-1),
}
"""What the keys of the player do."""


@dataclass(frozen=True)
class TimelineMark:
    """What a press comes to: a judgement to write, words to show, or both."""

    kind: str | None = None
    """Of the judgement; None writes nothing."""
    start: int | None = None
    stop: int | None = None
    payload: dict[str, str] = field(default_factory=dict)
    label: str = ""


def bad_stretch(begun: int, step: int) -> TimelineMark:
    """From where it was begun to here, both included, in either order."""
    first, last = sorted((begun, step))
    words = f"steps {first + 1} to {last + 1} are bad: nobody learns from them"
    return TimelineMark(BAD, first, last + 1, label=words)


def trimmed(stands: ResolvedJudgements, steps: int, step: int, from_here: bool) -> TimelineMark:
    """Keep what lies from here on, or up to here; refused where nothing would be left."""
    first, end = stands.kept or (0, steps)
    start, stop = (step, end) if from_here else (first, step + 1)
    return (
        TimelineMark(TRIM, start, stop)
        if start < stop
        else TimelineMark(label="nothing would be left")
    )


def next_stage(stands: ResolvedJudgements, stages: Sequence[str], step: int) -> TimelineMark:
    """The stage after those that have begun before this step begins here."""
    begun = [s for s, start in stands.stages.items() if start < step and s in stages]
    place = max((stages.index(s) for s in begun), default=0) + 1
    if place == len(stages):
        return TimelineMark(label="all stages have begun before this step")
    return TimelineMark(STAGE, step, payload={"stage": stages[place]})
