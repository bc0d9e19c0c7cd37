"""`RewindBuffer` keeps marks of the running episode to rewind to, one every half second."""

from ...sim_envs.spaces import CONTROL_HZ
from .session import LiveEpisode, RewindMark

EVERY_TICKS = CONTROL_HZ // 2
LONGEST = 240
"""The largest number of marks: two minutes."""


class RewindBuffer:
    """The marks of one episode, oldest first."""

    def __init__(self) -> None:
        self.marks: list[RewindMark] = []

    def begin(self) -> None:
        """Drop all marks: another episode begins."""
        self.marks = []

    def add_if_due(self, episode: LiveEpisode) -> None:
        """Add a mark where one is due; call before every tick."""
        if not episode.context.env.goes_back:
            return
        last = self.marks[-1].steps if self.marks else -EVERY_TICKS
        if episode.steps - last < EVERY_TICKS:
            return
        self.marks.append(episode.mark())
        if len(self.marks) > LONGEST:  # the first one, where the episode begins, stays
            self.marks.pop(1)

    def rewind(self, episode: LiveEpisode, seconds: float) -> int:
        """Go back at least this long, or to the beginning; return the ticks undone."""
        if not self.marks:
            return 0
        wanted = episode.steps - round(seconds * episode.context.env.world_spec.control_hz)
        while len(self.marks) > 1 and self.marks[-1].steps > wanted:
            self.marks.pop()
        return episode.rewind(self.marks[-1])
