"""`ShownProgress` shows how far work is: as a bar that moves, or in lines where there is no screen.

Trainings and the command line show all that they do with it. Rich's own bars say nothing between
begin and end where the output is a file, such as a log of a batch system.
"""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

SHOWN_AFTER_S = 1.0
"""What ends sooner need not be shown."""
PAUSES_S = (2.0, 8.0, 20.0, 30.0, 60.0)
"""Between two lines where there is no screen; the last one again and again."""
LABEL = TextColumn("{task.description}", markup=False)
LEFT = (TextColumn("time left"), TimeRemainingColumn())


def counting(*notes: ProgressColumn) -> tuple[ProgressColumn, ...]:
    """The columns of work whose parts are counted: how many are done, for how long, time left."""
    return (LABEL, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), *LEFT, *notes)


def uncounted() -> tuple[ProgressColumn, ...]:
    """The columns of work of which only the time so far is known."""
    return (SpinnerColumn(), LABEL, TimeElapsedColumn())


class ShownProgress(Progress):
    """Rich's display of tasks, which prints what it would show where it cannot move."""

    def __init__(
        self,
        *columns: ProgressColumn,
        console: Console,
        shown: bool = True,
        transient: bool = False,
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> None:
        super().__init__(*columns, console=console, disable=not shown, transient=transient)
        self._pauses_s, self._ended = pauses_s, threading.Event()
        self._lines: threading.Thread | None = None

    def start(self) -> None:
        """Show it from now on."""
        super().start()
        moves = self.console.is_terminal and not self.console.is_dumb_terminal
        if self._lines is None and not (self.disable or moves):
            self._ended.clear()
            self._lines = threading.Thread(target=self._print_lines, daemon=True)
            self._lines.start()

    def stop(self) -> None:
        """Show it no longer; what was reached stays to be read, unless it is transient."""
        if self._lines is not None:
            self._ended.set()
            self._lines.join()
            self._lines = None
        super().stop()

    def _print_lines(self) -> None:
        last = self._pauses_s[-1]
        for pause_s in itertools.chain(self._pauses_s, itertools.repeat(last)):
            if self._ended.wait(pause_s):
                return
            self.console.print(self.get_renderable())


@contextmanager
def shown_soon(bar: Progress) -> Iterator[None]:
    """Start a bar after a second, unless it was started before, and stop it at the end."""
    soon = threading.Timer(SHOWN_AFTER_S, bar.start)
    soon.daemon = True
    soon.start()
    try:
        yield
    finally:
        soon.cancel()
        soon.join()
        if bar.live.is_started:
            bar.stop()
