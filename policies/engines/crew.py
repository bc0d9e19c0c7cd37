"""A `Crew` has jobs made by an engine's workers, and makes up for workers that die.

Rollouts, generation and the scenes of pretraining submit their jobs here. A worker that died is
replaced and its job made once more; a job that took two workers with it is given up by name, and
all others are made. One thread holds all that changes, so nothing here is locked.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, as_completed, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self, TypeVar

from ...sim_envs.child_process import deaf_to_interrupts
from .job import Engine, Job, Preparation, Worker, WorkersLost

Made = TypeVar("Made")
MOST_DEATHS = 2
"""A job that so many workers did not survive is given up."""
MOST_FALSE_STARTS = 3
"""In a row, of workers that did not live to their first job."""
AHEAD = 2
"""Jobs in flight for each worker where all results are taken as they come."""


LOOK_S = 1.0
"""Longest wait without a look up: Ctrl-C may reach a library's thread, which wakes nobody."""


def as_they_come(futures: Iterable[Future[Made]]) -> Iterator[Future[Made]]:
    """The futures as they are done, within `LOOK_S` of Ctrl-C whoever gets it."""
    pending = set(futures)
    while pending:
        with contextlib.suppress(TimeoutError):
            for future in as_completed(pending, LOOK_S):
                pending.discard(future)
                yield future


_Hears = Callable[[Worker, Future[Any]], None]


@dataclass
class _Ticket:
    """A job with the future that its submitter holds."""

    job: Job
    future: Future[Any] = field(default_factory=Future)
    deaths: int = 0


class Crew:
    """Workers of an engine with one preparation; they are hired as jobs come."""

    def __init__(self, engine: Engine, preparation: Preparation) -> None:
        self.engine, self._preparation = engine, preparation
        self._mail: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._waiting: deque[_Ticket] = deque()
        self._running: dict[Worker, _Ticket] = {}
        self._idle: list[Worker] = []
        self._starting: set[Worker] = set()
        self._false_starts = 0
        self._at_once = False
        self._thread: threading.Thread | None = None

    def submit(self, job: Job) -> Future[Any]:
        """Queue a job; its future raises WorkersLost where it is given up."""
        self._open()
        ticket = _Ticket(job)
        self._mail.put(partial(self._take, ticket))
        return ticket.future

    def share(self, folder: Path, names: Sequence[str], digest: str) -> Any:
        """Files as an argument of jobs, see `Engine.share`."""
        self._open()
        return self.engine.share(folder, names, digest)

    def size(self) -> int:
        """Most workers at the same time; a cluster is asked."""
        self._open()
        return self.engine.workers

    def made(self, jobs: Iterable[Job]) -> Iterator[Any]:
        """The results of jobs as they come; raises what a job raised.

        Only a few jobs for each worker are in flight: results that nobody took yet take memory.
        """
        waiting = iter(jobs)
        flying = {self.submit(job) for job in islice(waiting, AHEAD * self.size())}
        while flying:
            done, flying = wait(flying, LOOK_S, FIRST_COMPLETED)
            flying |= {self.submit(job) for job in islice(waiting, len(done))}
            yield from (future.result() for future in done)

    def close(self, at_once: bool = False) -> None:
        """Drop the jobs that wait, let the running ones end unless `at_once`, end the workers."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._at_once = at_once
            self._mail.put(None)
            thread.join()
            self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(at_once=kind is not None)  # then nobody waits for the results any more

    def _open(self) -> None:
        if self._thread is None:
            self.engine.open()
            self._thread = threading.Thread(target=self._work, name="crew", daemon=True)
            with deaf_to_interrupts():  # and so are all threads and processes that it starts
                self._thread.start()

    def _work(self) -> None:
        while (call := self._mail.get()) is not None:
            try:
                call()
            except Exception as error:  # such as no process or memory for one more worker
                self._give_up(error)
        ended = WorkersLost("the jobs were ended before they were made")
        self._give_up(ended)
        for ticket in self._running.values():
            _settle(ticket, None, ended)
        for worker in (*self._idle, *self._starting, *self._running):
            with contextlib.suppress(Exception):
                worker.end(self._at_once)

    def _take(self, ticket: _Ticket) -> None:
        self._waiting.append(ticket)
        self._assign()

    def _assign(self) -> None:
        """Give what waits to who is idle, and hire where that is not enough."""
        while self._waiting and self._idle:
            ticket = self._waiting.popleft()
            if ticket.future.running() or ticket.future.set_running_or_notify_cancel():
                self._start(self._idle.pop(), ticket)
        size = len(self._running) + len(self._idle) + len(self._starting)
        wanted = min(self.engine.workers, len(self._running) + len(self._waiting))
        for _ in range(wanted - size):
            worker = self.engine.hire(self._preparation)
            self._starting.add(worker)
            self._tell(worker.ready(), self._arrived, worker)

    def _start(self, worker: Worker, ticket: _Ticket) -> None:
        try:
            made = worker.start(ticket.job)
        except worker.lost:  # while it was idle, by no job's fault
            worker.end(True)
            self._waiting.appendleft(ticket)
            return
        self._running[worker] = ticket
        self._tell(made, self._ended, worker)

    def _tell(self, future: Future[Any], call: _Hears, worker: Worker) -> None:
        """Let this crew's thread make a call once a future is done."""
        future.add_done_callback(lambda done: self._mail.put(partial(call, worker, done)))

    def _arrived(self, worker: Worker, prepared: Future[Any]) -> None:
        self._starting.discard(worker)
        error = prepared.exception()
        if error is None:
            self._false_starts = 0
            self._idle.append(worker)
        else:
            worker.end(True)
            self._false_starts += 1
            if not isinstance(error, worker.lost):
                self._give_up(error)
            elif self._false_starts >= MOST_FALSE_STARTS:
                self._give_up(
                    WorkersLost(
                        f"{self._false_starts} worker processes ended while they started, by hand "
                        "or for want of memory; fewer --workers need less"
                    )
                )
        self._assign()

    def _ended(self, worker: Worker, made: Future[Any]) -> None:
        ticket, error = self._running.pop(worker), made.exception()
        if isinstance(error, worker.lost):
            worker.end(True)
            self._make_up_for(ticket)
        else:
            self._idle.append(worker)
            _settle(ticket, made.result() if error is None else None, error)
        self._assign()

    def _make_up_for(self, ticket: _Ticket) -> None:
        ticket.deaths += 1
        if ticket.deaths < MOST_DEATHS:
            self._waiting.appendleft(ticket)
            return
        error = WorkersLost(
            f"{ticket.job.name}: {ticket.deaths} worker processes ended in the middle of it, by "
            "hand, by what it does, or for want of memory; fewer --workers need less"
        )
        _settle(ticket, None, error)

    def _give_up(self, error: BaseException) -> None:
        """Nobody will make what waits."""
        while self._waiting:
            ticket = self._waiting.popleft()
            if ticket.future.running() or ticket.future.set_running_or_notify_cancel():
                _settle(ticket, None, error)


def _settle(ticket: _Ticket, result: Any, error: BaseException | None) -> None:
    if error is None:
        ticket.future.set_result(result)
    else:
        ticket.future.set_exception(error)
