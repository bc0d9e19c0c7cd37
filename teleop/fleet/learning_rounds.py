"""`LearningRounds` learns beside a simulated shift, in the shift's own time.

`cli.fleet` makes one for `--headless --learn`. Training takes time on the wall clock, of which a
simulated shift knows nothing: beside it, a fast machine's shift would be over before anything is
learnt. So a round takes a fixed time of the shift.
"""

from collections.abc import Callable

LOOK_S = 5.0
"""How often it is looked whether there is something to learn, s of the shift."""


class LearningRounds:
    """When a round's time is over the clock stands still until it is made, on all that ended by
    then; arms drive with what it published from their next episode on. One follows another."""

    def __init__(
        self, due: Callable[[], bool], learn: Callable[[], object], hz: float, minutes: float
    ) -> None:
        """`due` says whether there is something to learn, `learn` makes a round, which takes so
        many minutes of the shift."""
        self._due, self._learn = due, learn
        self._every, self._takes = round(LOOK_S * hz), round(60 * minutes * hz)
        self._looks_at = 0
        self._made_at: int | None = None

    def spend(self, now: int) -> None:
        """Spend tick `now` of the shift."""
        if self._made_at is None and now >= self._looks_at:
            self._looks_at = now + self._every
            if self._due():
                self._made_at = now + self._takes
        if self._made_at is not None and now >= self._made_at:
            self._made_at = None
            self._learn()
