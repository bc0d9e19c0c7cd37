"""`HelpCall` repeats a call for help, sooner and louder, until somebody answers."""

FIRST_S, SHORTEST_S, FASTER = 5.0, 1.5, 0.75
"""The first pause, the shortest one, and a pause's share of the one before."""
QUIET, LOUD, LOUDER = 0.3, 1.0, 0.15
"""Loudness of the first call and of the last ones, in [0, 1], and its growth from call to call."""


class HelpCall:
    """One call after the other, from the moment that the policy asks."""

    def __init__(self) -> None:
        self._due: float | None = None
        self._pause, self._loudness = FIRST_S, QUIET

    def update(self, calling: bool, now: float) -> float | None:
        """The loudness of a call that is due now [s], in [0, 1]; the first is not one of these."""
        if not calling:
            self._due, self._pause, self._loudness = None, FIRST_S, QUIET
            return None
        if self._due is None:
            self._due = now + self._pause
        if now < self._due:
            return None
        self._pause = max(SHORTEST_S, self._pause * FASTER)
        self._loudness = min(LOUD, self._loudness + LOUDER)
        self._due = now + self._pause
        return self._loudness
