"""`LastVerdict` lets the operator take back the last verdict until the next episode ends.

The recording stays as it was saved: the new verdict is a judgement, as one of a review is.
"""

from ...datasets.judgements.judgement import FAILURE, SUCCESS, VERDICT, Judgement
from ...datasets.judgements.judgements import Judge
from ...sim_envs.errors import SidestickError


class LastVerdict:
    """The verdict that the last saved episode has now."""

    def __init__(self, judge: Judge | None) -> None:
        self._judge = judge
        self._episode, self.success = "", False

    def give(self, episode: str, success: bool) -> None:
        """Remember the verdict with which an episode was saved."""
        self._episode, self.success = episode, success

    def turn(self) -> str:
        """Turn the verdict around, for good; return what to tell the operator."""
        if not self._episode or self._judge is None:
            return "no verdict to take back yet"
        word = FAILURE if self.success else SUCCESS
        try:
            self._judge.judgements.add(
                Judgement(self._episode, VERDICT, self._judge.operator, {"verdict": word})
            )  # the file may still be on its way to the disk
        except SidestickError as error:
            return f"the verdict stands: {error}"
        self.success = not self.success
        return f"the last episode is now a {word}"
