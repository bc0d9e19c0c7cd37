"""Ctrl-C ends a command, also where it meets code that cannot pass it on.

An exception within a callback of compiled code (h5py has many), a finalizer or a callback of the
garbage collector is printed and dropped by Python, and the command would go on to its end as if
nobody had asked.
"""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue

SOON_S = 0.05
"""After this the code has returned, most of the time; if not, it is asked once more."""
Dropped = SimpleQueue[bool]
"""One True for each that was dropped, False at the end. Its put() is safe in a finalizer, which
may stand within any lock; starting a thread there is not."""


@contextlib.contextmanager
def heard_interrupts() -> Iterator[None]:
    """Meanwhile a KeyboardInterrupt that is dropped is raised again, a moment later."""
    before, queue = sys.unraisablehook, Dropped()

    def again(dropped: "sys.UnraisableHookArgs") -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            queue.put(True)
        else:
            before(dropped)

    threading.Thread(target=_send_again, args=(queue,), daemon=True).start()
    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before
        queue.put(False)


def _send_again(queue: Dropped) -> None:
    """Send the main thread, which a sleep would keep, each that it dropped."""
    main = threading.main_thread().ident
    while queue.get() and main is not None:
        time.sleep(SOON_S)
        signal.pthread_kill(main, signal.SIGINT)
