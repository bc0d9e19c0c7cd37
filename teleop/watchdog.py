"""A process that has no life beyond that of the one that wanted it."""

import os
import threading
import time

CHECK_S = 1.0
"""How often a child looks whether its parent was killed."""


def end_with(parent: int) -> None:
    """From now on, end this process within `CHECK_S` of its parent's end, however that came."""
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(CHECK_S)
    os._exit(1)
