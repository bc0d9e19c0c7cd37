"""Processes that this one starts: they leave Ctrl-C to it, and end with it.

Ctrl-C at a terminal reaches every process of a command. Here only the one that the command began
takes it and says what it means; its workers, wherever they are in starting, just end.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator

CHECK_S = 1.0
"""Interval at which a child checks that its parent runs."""


@contextlib.contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile never notice Ctrl-C; here it comes a moment later."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with(parent: int) -> None:
    """From now on, end this process within `CHECK_S` of its parent's end, even of a kill."""
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(CHECK_S)
    os._exit(1)
