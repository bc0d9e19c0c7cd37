"""Jobs that tests of engines have made, and an engine whose workers are threads."""

import os
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sidestick.policies.engines.job import Job, Preparation, Worker
from sidestick.policies.engines.local import LocalEngine
from sidestick.sim_envs.errors import BadValue


def nothing() -> None:
    """Prepare a worker that needs nothing."""


def die() -> None:
    """End as by `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(number: int, folder: Path) -> int:
    """End the first worker that makes this job, and note every try."""
    tried = folder / f"{number}-{len(list(folder.glob(f'{number}-*')))}"
    tried.touch()
    if tried.name == "2-0":
        die()
    return number


def refuse() -> None:
    """Fail as a job may."""
    raise BadValue("job", "something else")


class Died(Exception):
    """The end of a worker."""


class ThreadWorker:
    """A worker that is a thread."""

    lost = (Died,)

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)

    def ready(self) -> Future[Any]:
        return self._pool.submit(int)

    def start(self, job: Job) -> Future[Any]:
        return self._pool.submit(job.function, *job.arguments)

    def end(self, at_once: bool) -> None:
        self._pool.shutdown()


class ThreadEngine(LocalEngine):
    """Jobs in threads, which start at once."""

    def hire(self, preparation: Preparation) -> Worker:
        return ThreadWorker()
