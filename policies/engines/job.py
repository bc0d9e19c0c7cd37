"""A `Job` is one pure function call that any worker may make; an `Engine` says who makes it.

Pure: the same arguments give the same result anywhere, so a job whose worker died is made again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...sim_envs.errors import SidestickError


class JobLost(SidestickError):
    """A job cannot be made, and others may; the message says which and why."""


class WorkersLost(JobLost):
    """No worker can be had, or a job took its workers with it."""


class JobFailed(JobLost):
    """What a job drives failed in the middle of it, as a stranger's world may."""


@dataclass(frozen=True)
class Job:
    """One call for a worker; function and arguments go to other processes."""

    name: str
    """For people, such as `seed 20003`."""
    function: Callable[..., Any]
    """Importable by its name."""
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Preparation:
    """What every worker does before its first job."""

    function: Callable[..., object]
    """Importable by its name."""
    arguments: tuple[Any, ...] = ()


class Worker(Protocol):
    """One process that makes one job at a time; an engine's crew hires them."""

    @property
    def lost(self) -> tuple[type[BaseException], ...]:
        """What a future raises whose process has died."""
        ...

    def ready(self) -> Future[Any]:
        """Done when the worker is prepared; raises what its preparation raised."""
        ...

    def start(self, job: Job) -> Future[Any]:
        """Begin a job; its result, or what it raised."""
        ...

    def end(self, at_once: bool) -> None:
        """End the process; `at_once`: whatever it is doing."""
        ...


class Engine(Protocol):
    """Where jobs are made, and by how many workers."""

    @property
    def workers(self) -> int:
        """Most workers at the same time."""
        ...

    def open(self) -> None:
        """Connect; raises with what to do where it cannot be."""
        ...

    def hire(self, preparation: Preparation) -> Worker:
        """A new worker, which may still be starting."""
        ...

    def share(self, folder: Path, names: Sequence[str], digest: str) -> Any:
        """Files of a folder as an argument of jobs, for `unpacked`; a digest travels once."""
        ...

    def close(self) -> None:
        """Disconnect, and end what `open` started."""
        ...
