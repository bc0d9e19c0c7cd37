"""A recorded episode as it plays: where it is, how fast, and what scrubbing does."""

from collections.abc import Callable
from dataclasses import dataclass

from .deeds import Deed

SPEEDS = (1, 2, 4, 8)


@dataclass
class Player:
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


MOVES: dict[Deed, Callable[[Player], None]] = {
    Deed.PLAY: Player.toggle,
    Deed.FORWARD: lambda player: player.move(1),
    Deed.BACK: lambda player: player.move(-1),
    Deed.SECOND_ON: lambda player: player.move(round(player.hz)),
    Deed.SECOND_BACK: lambda player: player.move(-round(player.hz)),
    Deed.FIRST: lambda player: player.move(-player.steps),
    Deed.LAST: lambda player: player.move(player.steps),
    Deed.FASTER: lambda player: player.faster(1),
    Deed.SLOWER: lambda player: player.faster(-1),
}
"""What the keys of the player do."""
