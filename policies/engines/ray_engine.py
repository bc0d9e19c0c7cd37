"""`RayEngine` makes jobs on a Ray cluster, whose machines need share no disk.

Every machine must have this version of Sidestick, of Ray and of Python. Files of a policy travel
once per content. This crew replaces actors that died, on any machine; Ray itself retries nothing,
so that it is known which job took its worker with it.
"""

import contextlib
import logging
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...datasets.formats.optional import require
from ...sim_envs.errors import SidestickError
from ...sim_envs.worlds.naming import ALLOWED_VARIABLE
from ..remote.consent import VARIABLE as SERVERS_VARIABLE
from .job import Job, Preparation
from .shared_files import packed

LOCAL = "local"
"""As an address: start Ray on this machine, for this command."""
AUTO = "auto"
"""As an address: the cluster that this machine belongs to."""
STORE_BYTES = 200 * 2**20
"""Of Ray's object store on this machine; episodes of a second's megabyte pass through it."""
WORKER_ENV = {
    "OMP_NUM_THREADS": "1",
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
ALLOWED = (ALLOWED_VARIABLE, SERVERS_VARIABLE)


def what_was_allowed() -> dict[str, str]:
    """The variables by which processes know what the user allowed: worlds and policy servers."""
    return {name: os.environ[name] for name in ALLOWED if name in os.environ}


def ray_module() -> Any:
    """Ray; MissingExtra says how to get it."""
    return require("ray", "ray")


@dataclass
class RayEngine:
    """Actors of one core each, spread over the machines of a cluster."""

    address: str = AUTO
    workers: int = 0
    """Most actors; 0 for one a core of the cluster, which is known once it is open."""
    _shared: dict[str, Any] = field(default_factory=dict)
    _started: bool = False

    def open(self) -> None:
        """Connect to the cluster, or start one; SidestickError where there is none."""
        ray = ray_module()
        if not ray.is_initialized():
            self._connect(ray)
            self._started = True
        self.workers = self.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))

    def _connect(self, ray: Any) -> None:
        where: dict[str, Any] = {"address": self.address}
        if self.address == LOCAL:
            cores = {"num_cpus": self.workers} if self.workers else {}
            where |= {"object_store_memory": STORE_BYTES, "include_dashboard": False, **cores}
        before = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(
                **where,
                runtime_env={"env_vars": {**WORKER_ENV, **what_was_allowed()}},
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise SidestickError(
                f"--address {self.address}: no Ray cluster there ({error}); `ray start --head` "
                f"starts one, --address {LOCAL} one for this command alone"
            ) from None
        finally:
            with contextlib.suppress(ValueError):  # Ray takes it, in the main thread
                signal.signal(signal.SIGTERM, before)

    def hire(self, preparation: Preparation) -> "RayWorker":
        """An actor, on whatever machine has a core."""
        return RayWorker(ray_module(), preparation)

    def share(self, folder: Path, names: Sequence[str], digest: str) -> Any:
        """A reference to the files' contents, which machines fetch once."""
        if digest not in self._shared:
            self._shared[digest] = ray_module().put(packed(folder, names))
        return self._shared[digest]

    def close(self) -> None:
        """Disconnect, and end a cluster that was started for this command."""
        self._shared.clear()
        if self._started:
            ray_module().shutdown()
            self._started = False


class Maker:
    """What an actor is: it makes the jobs that it is sent."""

    def make(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Make one job."""
        return function(*arguments)


class RayWorker:
    """One actor."""

    def __init__(self, ray: Any, preparation: Preparation) -> None:
        self._ray = ray
        self.lost: tuple[type[BaseException], ...] = (ray.exceptions.RayActorError,)
        actor = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Maker)
        self._actor = actor.options(scheduling_strategy="SPREAD").remote()
        self._ready = self._make(preparation.function, preparation.arguments)

    def ready(self) -> Future[Any]:
        """Done when the preparation has returned, on a machine that had a core."""
        return self._ready

    def start(self, job: Job) -> Future[Any]:
        """Send the job to the actor."""
        return self._make(job.function, job.arguments)

    def end(self, at_once: bool) -> None:
        """End the actor."""
        with contextlib.suppress(Exception):  # it or its machine may be gone
            self._ray.kill(self._actor, no_restart=True)

    def _make(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Future[Any]:
        made: Future[Any] = self._actor.make.remote(function, *arguments).future()
        return made
