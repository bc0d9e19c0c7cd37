"""`LearnerProcess` runs the learner beside a session, at low priority, and ends with it.

`sidestick drive --learn` starts it; `sidestick learn`, which runs in it, calls the functions here.
"""

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Self

from ...datasets.database import EventEntry
from ...datasets.files.plain_file import open_plain
from ...datasets.workspace import Workspace
from ...policies.base.threads import limit_threads
from ...sim_envs.child_process import end_with
from ...sim_envs.errors import SidestickError, WorkspaceError

if TYPE_CHECKING:
    from .learner import Learner

NICENESS = 15
POLL_S = 2.0
"""How often the learner looks for new episodes."""
RETRY_S = 30.0
"""Pause after an error, such as a full disk."""
STOP_S = 3.0
"""Time for the learner to end before it is killed, which loses nothing."""
LAST_BYTES = 2000
"""Of the log, in which its last line is looked for."""
_log = logging.getLogger(__name__)
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
    learner: "Learner",
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
        """`more` are further options of the command; WorkspaceError where it cannot be started."""
        command = (sys.executable, "-m", "sidestick.teleop.cli.main", "learn", str(workspace.path))
        options = ("--watch", "--parent", str(os.getpid()), *more)
        self._log_path, self._closing = workspace.path / LOG, False
        self.died = ""
        """Why it ended by itself, for people; empty while it runs."""
        try:
            log = open_plain(self._log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            with os.fdopen(log, "ab") as output:
                self._begins = output.tell()
                self._process = subprocess.Popen(
                    (*command, *options),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env={**os.environ, **ONE_CORE},
                )
        except OSError as error:
            raise WorkspaceError(f"{workspace.path}: cannot start the learner: {error}") from error
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Wait until the process ends, and tell if nobody has asked it to."""
        code = self._process.wait()
        if self._closing:
            return
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        self.died = (
            f"the learner beside this session has ended by itself ({how}), nothing more is "
            f"learnt; see {self._log_path}{self._last_words()}"
        )
        _log.warning("%s", self.died)

    def _last_words(self) -> str:
        """What it printed last, after a colon; empty where it printed nothing."""
        with contextlib.suppress(OSError), self._log_path.open("rb") as log:
            log.seek(max(self._begins, log.seek(0, os.SEEK_END) - LAST_BYTES))
            lines = log.read().decode(errors="replace").strip().splitlines()
            return f": {lines[-1]}" if lines else ""
        return ""

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
        self._closing = True
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
