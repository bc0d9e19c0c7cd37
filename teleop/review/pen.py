"""The grader's pen: writes judgements, at once or right after the next frame, and takes back."""

from ...datasets.judgements import VERDICT, Judge, Judgement
from ...sim_envs.errors import SidestickError


class Pen:
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
            self.said.append(self.judge.say(episode, kind, start, stop, **payload))
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
