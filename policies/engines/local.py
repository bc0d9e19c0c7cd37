"""`LocalEngine` makes jobs in processes of this machine.

Each worker is a pool of one process, so that it is known which job was in a process that died.
"""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from ...sim_envs.child_process import deaf_to_interrupts, end_with
from .job import Job, Preparation


@dataclass(frozen=True)
class LocalEngine:
    """As many processes as `workers`, which end with this one."""

    workers: int = 1

    def open(self) -> None:
        """Start the tracker of resources: the thread that starts it hears interrupts afterwards."""
        resource_tracker.ensure_running()

    def hire(self, preparation: Preparation) -> "LocalWorker":
        """A process that begins with `preparation`."""
        return LocalWorker(preparation)

    def share(self, folder: Path, names: Sequence[str], digest: str) -> Path:
        """The folder itself: all processes see the same disk."""
        return folder

    def close(self) -> None:
        """There is nothing to disconnect from."""


class LocalWorker:
    """A spawned process."""

    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)

    def __init__(self, preparation: Preparation) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawn, end_with, (os.getpid(),))
        self._ready = self._submit(preparation.function, preparation.arguments)

    def ready(self) -> Future[Any]:
        """Done when the preparation has returned."""
        return self._ready

    def start(self, job: Job) -> Future[Any]:
        """Send the job to the process."""
        return self._submit(job.function, job.arguments)

    def end(self, at_once: bool) -> None:
        """End the process, after its job unless `at_once`."""
        if at_once:
            for process in [*(self._pool._processes or {}).values()]:
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _submit(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Future[Any]:
        with deaf_to_interrupts():
            return self._pool.submit(function, *arguments)
