"""A `Pace` holds a session to its control rate or lets it run freely; `RateMeter` measures it."""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol


class Pace(Protocol):
    """What a session waits on between two ticks."""

    def begin(self) -> None:
        """Note that an episode begins now."""

    def wait(self) -> float:
        """Wait until the next tick is due; return how late it begins, ms."""


class Unpaced:
    """As fast as the machine can: for evaluation, autonomous practice and simulated operators."""

    def begin(self) -> None:
        """Do nothing."""

    def wait(self) -> float:
        """Return at once; never late."""
        return 0.0


class RealTime:
    """Real time, with deadlines counted from the start of the episode so that errors do not add up.

    When a tick is late by a whole period or more, the deadlines shift: simulated time slows down
    on the wall clock instead of ticks following each other without a pause.
    """

    def __init__(
        self,
        hz: float,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.period_s = 1.0 / hz
        self._clock, self._sleep = clock, sleep
        self._start = clock()
        self._tick = 0
        self._slowness = 1
        self.in_step = False
        """Whether deadlines are multiples of the period, and those of several arms the same."""

    def begin(self) -> None:
        """Count deadlines from now; in step, from the last multiple of the period."""
        now = self._clock()
        self._start = now - now % self._slow_period_s if self.in_step else now
        self._tick = 0

    def slow_down(self, slowness: int) -> None:
        """Let simulated time run `slowness` times slower than the wall clock, from now on."""
        self._slowness = slowness
        self.begin()

    def ahead_s(self) -> float:
        """How long until the next tick is due; negative when it is late."""
        return self._start + (self._tick + 1) * self._slow_period_s - self._clock()

    @property
    def _slow_period_s(self) -> float:
        return self.period_s * self._slowness

    def wait(self) -> float:
        """Sleep until the next deadline; return how late the tick begins, ms."""
        self._tick += 1
        deadline = self._start + self._tick * self._slow_period_s
        ahead = deadline - self._clock()
        if ahead > 0:
            self._sleep(ahead)
        late = max(0.0, self._clock() - deadline)
        if late >= self._slow_period_s:
            self._start += late - late % self._slow_period_s if self.in_step else late
        return late * 1000.0


BEHIND_MS = 10.0
"""A tick that begins this much after it was due counts as late in the rate meter: a fifth of its
period. Episodes are flagged from `datasets.checking.warnings.LATE_MS` on."""
WINDOW_TICKS = 40
"""The shown rate is over so many ticks: two seconds."""


class RateMeter:
    """The tick rate and the share of late ticks, without pauses."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=WINDOW_TICKS)
        self.ticks, self.late = 0, 0
        self.worst_hz = float("inf")

    def rest(self) -> None:
        """Leave out the time until the next tick."""
        self._times.clear()

    def tick(self, late_ms: float) -> None:
        """Count a tick that begins now, `late_ms` after it was due."""
        self._times.append(self._clock())
        self.ticks += 1
        self.late += late_ms >= BEHIND_MS
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
