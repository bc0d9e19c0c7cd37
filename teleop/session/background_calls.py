"""`BackgroundCalls` makes calls in a thread, so that who waits for one can stop waiting."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class BackgroundCalls:
    """One thread that makes one call after the other; it ends with the process, even in a call."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self, call: Callable[[], T]) -> Future[T]:
        """Have a call made; the future of what it returns or raises."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="policy", daemon=True)
            self._thread.start()
        future: Future[T] = Future()

        def make() -> None:
            try:
                future.set_result(call())
            except BaseException as error:  # it is raised again where somebody waits
                future.set_exception(error)

        self._calls.put(make)
        return future

    def _work(self) -> None:
        while True:
            self._calls.get()()
