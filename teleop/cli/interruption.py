"""`ctrl_c_counts` keeps a Ctrl-C that comes where Python cannot raise it.

In a finalizer, a callback of the garbage collector or a compiled library, KeyboardInterrupt is only
printed, and the program goes on as if nobody had pressed anything. `main` runs every verb in it.
"""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

AGAIN_S = 0.02
"""Time after which it is sent again: the place where it cannot be raised is left by then."""
Lost = SimpleQueue[bool]
"""Whether a Ctrl-C was lost; False ends the thread. Its put() may be called in a finalizer."""


@contextmanager
def ctrl_c_counts() -> Iterator[None]:
    """Inside, such a Ctrl-C comes again, as often as it takes until it can be raised."""
    before, lost = sys.unraisablehook, Lost()

    def heard(ignored: "UnraisableHookArgs", /) -> None:
        if issubclass(ignored.exc_type, KeyboardInterrupt):
            lost.put(True)
        else:
            before(ignored)

    threading.Thread(target=_send_again, args=(lost,), daemon=True).start()
    sys.unraisablehook = heard
    try:
        yield
    finally:
        sys.unraisablehook = before
        lost.put(False)


def _send_again(lost: Lost) -> None:
    """Send this process's main thread each Ctrl-C again that it lost."""
    main = threading.main_thread().ident
    assert main is not None
    while lost.get():
        time.sleep(AGAIN_S)
        signal.pthread_kill(main, signal.SIGINT)
