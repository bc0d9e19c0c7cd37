"""`Stopwatch` times blocks that alternate with other blocks; benchmarks compare its medians."""

import time
from dataclasses import dataclass, field
from statistics import median
from types import TracebackType

from sidestick.sim_envs.renderers import best_view_renderer


@dataclass
class Stopwatch:
    """Times a block each time that it is entered: `with stopwatch: ...`.

    It reports medians, which do not depend on other processes that disturb a few of the times.
    """

    cpu_s: list[float] = field(default_factory=list)
    """CPU time of all threads of this process."""
    wall_s: list[float] = field(default_factory=list)
    _started: tuple[float, float] = field(default=(0.0, 0.0), repr=False)

    def __enter__(self) -> None:
        self._started = (time.process_time(), time.perf_counter())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cpu_s.append(time.process_time() - self._started[0])
        self.wall_s.append(time.perf_counter() - self._started[1])

    @property
    def cpu_ms(self) -> float:
        """CPU time of one block, milliseconds."""
        return 1e3 * median(self.cpu_s)

    @property
    def wall_ms(self) -> float:
        """Wall time of one block, milliseconds."""
        return 1e3 * median(self.wall_s)


def renderers_here() -> list[str]:
    """Names of the renderers that start on this machine; the log says why others do not."""
    return sorted({"tiny", best_view_renderer().name})
