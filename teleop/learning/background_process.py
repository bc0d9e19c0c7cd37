"""`LearnerProcess` runs the learner beside a session, at low priority, and ends with it.

`sidestick drive --learn` starts it; `sidestick learn`, which runs in it, calls the functions here.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from ...datasets.database import EventEntry
from ...datasets.workspace import Workspace
from ...policies.base.torch_setup import limit_threads
from ...sim_envs.errors import SidestickError
from ..evaluation.rollouts import end_with
from .learner import Learner

NICENESS = 15
POLL_S = 2.0
"""How often the learner looks for new episodes."""
RETRY_S = 30.0
"""Pause after an error, such as a full disk."""
STOP_S = 3.0
"""Time for the learner to end before it is killed, which loses nothing."""
LOG, LOCK = "learner.log", "learner.lock"
ONE_CORE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LP_NUM_THREADS": "1"}
"""Environment of the process: arithmetic and software rendering on one core."""


def lower_priority(parent: int | None = None) -> None:
    """Give this process low priority and one thread; end it when process `parent` is gone."""
    os.nice(NICENESS)
    if hasattr(os, "SCHED_BATCH"):  # not woken ahead of a control loop that waits for a tick
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    limit_threads()
    if parent is not None:
        end_with(parent)


@contextlib.contextmanager
def only_learner(workspace: Workspace) -> Iterator[None]:
    """Hold the workspace's lock for learners; WorkspaceError where another process has it."""
    lock = workspace.hold(
        LOCK, "learn", "{path}: process {owner} learns here already; one is enough"
    )
    try:
        yield
    finally:
        lock.release()


def learn_on(
    learner: Learner,
    heard: Callable[[EventEntry], object],
    complain: Callable[[object], object],
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Learn whatever becomes due, for ever; report errors to `complain`, and try again later."""
    while True:
        try:
            event = learner.step()
        except (SidestickError, OSError) as error:
            complain(error)
            sleep(RETRY_S)
            continue
        if event is None:
            sleep(POLL_S)
        else:
            heard(event)


class LearnerProcess:
    """`sidestick learn WS --watch` as a child of this process; its output is in learner.log."""

    def __init__(self, workspace: Workspace, more: Sequence[str] = ()) -> None:
        """`more` are further options of the command."""
        command = (sys.executable, "-m", "sidestick.teleop.cli.main", "learn", str(workspace.path))
        options = ("--watch", "--parent", str(os.getpid()), *more)
        with (workspace.path / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                (*command, *options),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **ONE_CORE},
            )

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def close(self) -> None:
        """End it; a second time does nothing."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
