"""A `WorkerPool` runs jobs in processes of their own: rollouts, and the scenes of pretraining.

Ctrl-C at a terminal reaches every process of a command. Here only the one that the command began
takes it and says what it means; its workers, wherever they are in starting, just end.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, ParamSpec, Self, TypeVar

from ...sim_envs.errors import SidestickError

CHECK_S = 1.0
"""Interval at which a child checks that its parent runs."""
P = ParamSpec("P")
T = TypeVar("T")


class WorkerLost(SidestickError):
    """A worker process ended before its job."""


class WorkerPool:
    """Processes that run functions, each prepared by a call of `prepare(*arguments)`."""

    def __init__(self, workers: int, prepare: Callable[..., object], *arguments: Any) -> None:
        self._workers = workers
        self._pool = ProcessPoolExecutor(
            workers,
            multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(os.getpid(), prepare, arguments),
        )

    def submit(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a job; processes start when jobs come."""
        with deaf_to_interrupts(), self._told_of_losses():
            return self._pool.submit(job, *args, **kwargs)

    def results(self, jobs: Iterable[Future[T]]) -> Iterator[T]:
        """The results as they come; raises WorkerLost where a process was killed."""
        with self._told_of_losses():
            for job in as_completed(jobs):
                yield job.result()

    @contextlib.contextmanager
    def _told_of_losses(self) -> Iterator[None]:
        try:
            yield
        except BrokenProcessPool:
            raise WorkerLost(
                f"one of {self._workers} worker processes was killed, by hand or for want of "
                "memory; fewer --workers need less"
            ) from None

    def close(self) -> None:
        """Let the running jobs end, drop the others, and end the processes."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # nobody waits for the results any more
            for process in [*(self._pool._processes or {}).values()]:
                process.terminate()
        self.close()


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


def _begin(parent: int, prepare: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    end_with(parent)
    prepare(*arguments)
