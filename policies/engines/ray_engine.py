"""`RayEngine` makes jobs on a Ray cluster, whose machines need share no disk.

Every machine must have this version of Sidestick, of Ray and of Python. Files of a policy travel
once per content. The crew replaces actors that died, on any machine; Ray itself retries nothing,
so that it is known which job took its worker with it.
"""

import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...datasets.formats.optional import require
from ...sim_envs.errors import SidestickError
from ...sim_envs.worlds.naming import ALLOWED_VARIABLE
from ..remote.consent import VARIABLE as SERVERS_VARIABLE
from .job import Job, Preparation
from .memory import MIB, WORKER_MIB
from .shared_files import packed

LOCAL = "local"
"""As an address: start Ray on this machine, for this command."""
AUTO = "auto"
"""As an address: the cluster that this machine belongs to."""
STORE_BYTES = 200 * MIB
"""Of Ray's object store on this machine; episodes of a second's megabyte pass through it."""
STARTS = 3
"""A machine under load may not have started Ray within the half minute that Ray gives itself."""
KNOCK_S = 10.0
WORKER_ENV = {"OMP_NUM_THREADS": "1", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
OWN_ENV = {
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else `uv run` chooses another Python for the workers
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # workers share the GPUs that a machine has
    "RAY_worker_niceness": "0",  # else they get what other programs leave over
    "RAY_gcs_server_port_wait_time_s": "120",  # a busy machine needs more than the usual half
}
ALLOWED = (ALLOWED_VARIABLE, SERVERS_VARIABLE)


def what_was_allowed() -> dict[str, str]:
    """The variables by which processes know what the user allowed: worlds and policy servers."""
    return {name: os.environ[name] for name in ALLOWED if name in os.environ}


def ray_module() -> Any:
    """Ray; MissingExtra says how to get it."""
    for name, value in OWN_ENV.items():  # read when it is imported
        os.environ.setdefault(name, value)
    return require("ray", "ray")


@dataclass(frozen=True)
class Machine:
    """One machine of a cluster."""

    address: str
    cores: int
    memory_mib: int
    gpus: int


@dataclass
class RayEngine:
    """Actors of one core each, spread over the machines of a cluster."""

    address: str = AUTO
    workers: int = 0
    """Most actors; 0 for one a core of the cluster, which is known once it is open."""
    worker_mib: int = WORKER_MIB
    """Memory of an actor, MiB; one that fits nowhere waits until another has ended."""
    _shared: dict[str, Any] = field(default_factory=dict)
    _users: int = 0
    _started: bool = False
    _actor: Any = None

    def open(self) -> None:
        """Connect to the cluster, or start one; SidestickError where there is none."""
        ray = ray_module()
        if not ray.is_initialized():
            self._connect(ray)
            self._started = True
        self._users += 1
        self.workers = self.workers or max(1, sum(machine.cores for machine in self.machines()))
        needs = {"num_cpus": 1, "memory": self.worker_mib * MIB}
        self._actor = ray.remote(**needs, max_restarts=0, max_task_retries=0)(Maker)

    def machines(self) -> list[Machine]:
        """The machines that are up; the engine must be open."""
        found = [node["Resources"] for node in ray_module().nodes() if node["Alive"]]
        return [
            Machine(
                next((name[5:] for name in has if name.startswith("node:")), ""),
                int(has.get("CPU", 0)),
                int(has.get("memory", 0)) // MIB,
                int(has.get("GPU", 0)),
            )
            for has in found
        ]

    def hire(self, preparation: Preparation) -> "RayWorker":
        """An actor, on whatever machine has a core and the memory."""
        actor = self._actor.options(scheduling_strategy="SPREAD").remote()
        return RayWorker(ray_module(), actor, preparation)

    def share(self, folder: Path, names: Sequence[str], digest: str) -> Any:
        """A reference to the files' contents, which machines fetch once."""
        if digest not in self._shared:
            self._shared[digest] = ray_module().put(packed(folder, names))
        return self._shared[digest]

    def close(self) -> None:
        """Disconnect with the last crew that used it, and end a cluster that was started."""
        self._users -= 1
        if self._users == 0:
            self._shared.clear()
            if self._started:
                ray_module().shutdown()
                self._started = False

    def _connect(self, ray: Any) -> None:
        self._knock()
        where: dict[str, Any] = {"address": self.address}
        if self.address == LOCAL:
            cores = {"num_cpus": self.workers} if self.workers else {}
            where |= {"object_store_memory": STORE_BYTES, "include_dashboard": False, **cores}
        variables = {**WORKER_ENV, **what_was_allowed()}
        where |= {"runtime_env": {"env_vars": variables}, "log_to_driver": False}
        for left in reversed(range(STARTS if self.address == LOCAL else 1)):
            try:
                with _own_sigterm():
                    ray.init(**where, logging_level=logging.ERROR)
            except Exception as error:  # Ray raises a bare one where it was too slow to start
                ray.shutdown()
                if not left:
                    raise SidestickError(self._unreachable(error)) from None
            else:
                return

    def _knock(self) -> None:
        """Raise SidestickError at once where nobody listens: Ray would wait for minutes."""
        host, _, port = self.address.rpartition(":")
        if host and port.isdecimal():
            try:
                socket.create_connection((host, int(port)), KNOCK_S).close()
            except (OSError, OverflowError) as error:
                raise SidestickError(self._unreachable(error)) from None

    def _unreachable(self, error: Exception) -> str:
        if self.address == LOCAL:
            return f"--address {LOCAL}: Ray did not start here ({error})"
        return (
            f"--address {self.address}: no Ray cluster there ({error}); `ray start --head` starts "
            f"one, --address {LOCAL} one for this command alone"
        )


@contextlib.contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep this process's handler of SIGTERM, which Ray takes in the main thread."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # in another thread nothing was taken
            signal.signal(signal.SIGTERM, before)


class Maker:
    """What an actor is: it makes the jobs that it is sent."""

    def make(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Make one job."""
        return function(*arguments)


class RayWorker:
    """One actor."""

    def __init__(self, ray: Any, actor: Any, preparation: Preparation) -> None:
        self._ray, self._actor = ray, actor
        self.lost: tuple[type[BaseException], ...] = (
            ray.exceptions.RayActorError,
            ray.exceptions.ObjectLostError,  # the machine went with a result that was on its way
            ray.exceptions.WorkerCrashedError,
            ray.exceptions.NodeDiedError,
        )
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
        made: Future[Any] = Future()

        def settle(sent: Future[Any]) -> None:
            error = sent.exception()
            if error is None:
                made.set_result(sent.result())
            elif isinstance(error, self._ray.exceptions.RayTaskError):
                made.set_exception(error.cause)  # what the job raised, without the other traceback
            else:
                made.set_exception(error)

        self._actor.make.remote(function, *arguments).future().add_done_callback(settle)
        return made
