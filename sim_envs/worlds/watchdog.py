"""`within` stops a call into a stranger's world that does not come back."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

from ..errors import WorldFailed


@contextlib.contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Raise WorldFailed in the block after so many seconds.

    Only in a program's main thread, and where Python runs: what hangs in C is stopped from outside,
    by `WorldProcess`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise WorldFailed(f"{what} has not come back within {seconds:g} s; the world was stopped")

    before = signal.signal(signal.SIGALRM, stop)
    others = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *others)
