"""`WorldProcess` runs a stranger's world in a process of its own, which can be stopped anywhere.

What hangs in C, or takes all memory, is beyond a signal's handler; the process is not.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping
from multiprocessing.connection import Connection, Pipe
from typing import IO, Any

from .. import errors
from ..errors import SidestickError, WorldFailed
from .process_options import MIB, ProcessOptions, held_bytes
from .world_facts import FAILED, About

CODE = (
    "import sys; sys.path[:] = {path!r}; "
    "from sidestick.sim_envs.making import make_world as make; "
    "from sidestick.sim_envs.worlds.world_server import main; main(make, {pipe}, {parent}, {trace})"
)
LOOK_S = 0.25
"""Interval at which a call that has not come back is looked after."""
GRACE_S = 2.0
"""After its time the process says where it hangs, and ends; then it is stopped."""
CLOSING_S = 10.0
"""How long closing a world may take."""


class WorldProcess:
    """A process with one world; every call comes back, or raises and leaves no process."""

    def __init__(
        self, world: str, image_size: int, keywords: Mapping[str, Any], options: ProcessOptions
    ) -> None:
        self._name, self._options = world or str(keywords.get("task")), options
        self._trace = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        self._pipe, theirs = Pipe()
        self._lock = threading.Lock()
        self._most = options.memory_bytes
        files = (theirs.fileno(), self._trace.fileno())
        code = CODE.format(path=sys.path, pipe=files[0], parent=os.getpid(), trace=files[1])
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=files,
            stdin=subprocess.DEVNULL,
            stdout=2,  # a world that prints does not print into a report
        )
        theirs.close()
        self.end = weakref.finalize(self, _end, self._process, self._pipe, self._trace)
        self.about: About = self.call(
            "make", world, image_size, dict(keywords), within_s=options.start_s
        )

    @property
    def alive(self) -> bool:
        """Whether it answers."""
        return self.end.alive

    def call(self, what: str, *arguments: Any, within_s: float | None = None) -> Any:
        """What the world answers; its error under its own name, WorldFailed where it does not."""
        with self._lock:
            return self._called(what, arguments, within_s or self._options.answer_s)

    def _called(self, what: str, arguments: tuple[Any, ...], seconds: float) -> Any:
        if not self.alive:
            raise WorldFailed(f"{self._name}: {what}(): its process was stopped before")
        try:
            self._pipe.send((what, arguments, seconds))
            self._await(what, seconds)
            outcome, value = self._pipe.recv()
        except (EOFError, OSError) as error:
            why = self._hanging(seconds) or f"ended its process ({self._code()}{self._crashed()})"
            raise self._stopped(f"{what}() {why}") from error
        if outcome == FAILED:
            kind, text = value
            raise _error(kind, text if kind else f"{self._name}: {text}")
        return value

    def _await(self, what: str, seconds: float) -> None:
        """Wait for an answer, with an eye on time and memory."""
        until = time.monotonic() + seconds + GRACE_S
        while True:
            if (held := held_bytes(self._process.pid)) > self._most:
                raise self._stopped(
                    f"{what}() made it hold {held // MIB} MiB, and it may hold "
                    f"{self._most // MIB} (its option memory_mib)"
                )
            left = until - time.monotonic()
            if self._pipe.poll(max(0.0, min(LOOK_S, left))):
                return
            if left <= 0:
                raise self._stopped(f"{what}() has not come back within {seconds:g} s")

    def _stopped(self, why: str) -> WorldFailed:
        self._process.kill()
        self.end()
        return WorldFailed(f"{self._name}: {why}; its process was stopped")

    def _hanging(self, seconds: float) -> str:
        """Where the process was when its time was over, by its own account; empty for in time."""
        told = self._told()
        if not told.startswith("Timeout"):
            return ""
        *_, main = told.split("\n\n")  # the last thread
        return f"has not come back within {seconds:g} s{_place(main)}"

    def _crashed(self) -> str:
        """Where the process crashed, by its own account; empty where it only ended."""
        told = self._told()
        if not told.startswith("Fatal"):
            return ""
        return f": {told.splitlines()[0]}{_place(told.partition('Current thread')[2])}"

    def _told(self) -> str:
        """What the process wrote before it ended by itself."""
        self._trace.seek(0)
        return self._trace.read().decode(errors="replace")

    def _code(self) -> str:
        try:
            return f"exit code {self._process.wait(CLOSING_S)}"
        except subprocess.TimeoutExpired:
            return "it goes on, and says nothing"


def _place(trace: str) -> str:
    """The newest line of Python's in a traceback."""
    lines = (line.strip() for line in trace.splitlines() if line.startswith("  File"))
    return next((f" ({line})" for line in lines), "")


def _end(process: "subprocess.Popen[bytes]", pipe: Connection, trace: IO[bytes]) -> None:
    """Let it close the world, and stop it where it does not."""
    pipe.close()
    trace.close()
    try:
        process.wait(CLOSING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _error(kind: str, text: str) -> SidestickError:
    """The error of this name; WorldFailed for a stranger's."""
    known = getattr(errors, kind, None)
    if isinstance(known, type) and issubclass(known, SidestickError):
        return known(text)  # each can be made of its message alone
    return WorldFailed(text)
