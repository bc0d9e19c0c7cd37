"""Ctrl-C ends a command, also where it meets a library that cannot pass it on.

An exception within a callback of compiled code (h5py has many) is printed and dropped by Python,
and the command would go on to its end as if nobody had asked.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

SOON_S = 0.05
"""After this the compiled code has returned, most of the time; if not, it is asked once more."""


@contextlib.contextmanager
def heard_interrupts() -> Iterator[None]:
    """Meanwhile a KeyboardInterrupt that is dropped is raised again, a moment later."""
    before = sys.unraisablehook

    def again(dropped: "sys.UnraisableHookArgs") -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            timer = threading.Timer(SOON_S, os.kill, (os.getpid(), signal.SIGINT))
            timer.daemon = True
            timer.start()
        else:
            before(dropped)

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before
