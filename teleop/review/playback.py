"""`Playback` keeps which step of a recorded episode is shown, and how fast it plays.

`EpisodeReview` moves it by `MOVES`, and turns marking keys into judgements by `bad_stretch`,
`trimmed` and `next_stage`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...datasets.judgements.judgement import BAD, STAGE, TRIM
from ...datasets.judgements.judgement_state import ResolvedJudgements
from .episode_actions import EpisodeAction

SPEEDS = (1, 2, 4, 8)


@dataclass
class Playback:
    """Position in an episode of `steps` steps that plays `speed * hz` steps a second to its end."""

    steps: int = 1
    hz: float = 20.0
    speed: int = 1
    position: float = 0.0
    """In steps."""
    playing: bool = True

    def load(self, steps: int) -> None:
        """Begin another episode at its first step."""
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
        """Advance by so much time, if it plays."""
        if self.playing:
            self.go(self.position + seconds * self.hz * self.speed)

    def go(self, position: float) -> None:
        """Show the step at a position, clipped to the episode."""
        self.position = min(max(0.0, position), self.steps - 1.0)

    def move(self, steps: int) -> None:
        """Pause, and go so many steps on, or back."""
        self.playing = False
        self.go(float(self.step + steps))

    def toggle(self) -> None:
        """Play or pause; at the end, play again from the beginning."""
        if self.at_end:
            self.position, self.playing = 0.0, True
        else:
            self.playing = not self.playing

    def faster(self, by: int) -> None:
        """Change the speed by so many places of `SPEEDS`."""
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
"""What each playback key does."""


@dataclass(frozen=True)
class TimelineMark:
    """What a marking key results in: a judgement to write, a message to show, or both."""

    kind: str | None = None
    """Of the judgement; None for no judgement."""
    start: int | None = None
    stop: int | None = None
    payload: dict[str, str] = field(default_factory=dict)
    label: str = ""


def bad_stretch(begun: int, step: int) -> TimelineMark:
    """The steps from `begun` to `step` as bad, both included, in either order."""
    first, last = sorted((begun, step))
    words = f"steps {first + 1} to {last + 1} are bad: left out of training"
    return TimelineMark(BAD, first, last + 1, label=words)


def trimmed(stands: ResolvedJudgements, steps: int, step: int, from_here: bool) -> TimelineMark:
    """Keep the steps from `step` on, or up to it; only a message where none would be left."""
    first, end = stands.kept or (0, steps)
    start, stop = (step, end) if from_here else (first, step + 1)
    return (
        TimelineMark(TRIM, start, stop)
        if start < stop
        else TimelineMark(label="nothing would be left")
    )


def next_stage(stands: ResolvedJudgements, stages: Sequence[str], step: int) -> TimelineMark:
    """The beginning, at `step`, of the stage after those that have begun before it."""
    begun = [s for s, start in stands.stages.items() if start < step and s in stages]
    place = max((stages.index(s) for s in begun), default=0) + 1
    if place == len(stages):
        return TimelineMark(label="all stages have begun before this step")
    return TimelineMark(STAGE, step, payload={"stage": stages[place]})
