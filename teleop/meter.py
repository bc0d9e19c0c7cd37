"""How well the session keeps its time: rate, worst rate, late ticks."""

import time
from collections import deque
from collections.abc import Callable

LATE_MS = 10.0
"""A tick that begins this much after it was due is late: a fifth of its period."""
WINDOW_TICKS = 40
"""Two seconds of ticks make the rate that is shown."""


class Meter:
    """Counts ticks by the clock; pauses are left out."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=WINDOW_TICKS)
        self.ticks, self.late = 0, 0
        self.worst_hz = float("inf")

    def rest(self) -> None:
        """Time stands still until the next tick."""
        self._times.clear()

    def tick(self, late_ms: float) -> None:
        """A tick has begun."""
        self._times.append(self._clock())
        self.ticks += 1
        self.late += late_ms >= LATE_MS
        if len(self._times) == WINDOW_TICKS:
            self.worst_hz = min(self.worst_hz, self.hz)

    @property
    def hz(self) -> float:
        """Ticks a second over the last two seconds; NaN before there are two ticks."""
        if len(self._times) < 2:
            return float("nan")
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])

    @property
    def late_share(self) -> float:
        """Share of all ticks that were late."""
        return self.late / self.ticks if self.ticks else 0.0
