"""A verb runs in a process that is forked, not started, so that a kill costs the verb's own time.

The modules are loaded once, and the command line is read before: kills hit the work. What a verb
starts by itself, workers of rollouts and the learner beside a session, is forked too. `kills` calls
`run`.
"""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from sidestick.teleop.cli import main as command_line
from sidestick.teleop.cli.main import main
from sidestick.teleop.cli.subcommand import Subcommand
from sidestick.teleop.learning import background_process

ORPHANS_S = 10.0
"""Time for the workers of a killed process to end by themselves; they look once a second."""
POLL_S = 0.01
OUT_OF_TIME_S = 240.0
READ = command_line._parse
"""Before any process replaces it by what it was given."""
FORKED = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Ending:
    """How a verb's process ended."""

    code: int
    """Exit code; minus the signal's number where one ended it."""
    killed: bool
    """Whether it was still running when the signal came."""
    seconds: float
    """How long it ran."""
    said: str
    """Standard output and standard error."""
    orphans: bool
    """Whether processes that it had started did not end with it."""

    def failed(self, codes: Sequence[int] = (0,)) -> bool:
        """Whether it ended by itself, and not with one of these codes, or by a traceback."""
        return (not self.killed and self.code not in codes) or "Traceback (most rec" in self.said


class ForkedLearner:
    """What `LearnerProcess` needs of a `subprocess.Popen`, by a fork."""

    def __init__(self, command: Sequence[str], **streams: Any) -> None:
        arguments = list(command[command.index("learn") :])
        self._process = FORKED.Process(target=_enter, args=(arguments, streams["stdout"].fileno()))
        self._process.start()

    @property
    def pid(self) -> int | None:
        """Number of the process."""
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for its end; TimeoutExpired where it takes longer."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("learn", timeout or 0.0)
        return self._process.exitcode


def read(arguments: Sequence[str]) -> Subcommand:
    """The verb that a command line asks for."""
    return READ(arguments)


def run(
    verb: Subcommand,
    log: Path,
    prepare: Callable[[], object] = lambda: None,
    kill: signal.Signals | None = None,
    after_s: float = 0.0,
) -> Ending:
    """Run a verb, after `prepare`, and send its process a signal after so many seconds."""
    log.write_bytes(b"")
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        _run_forked(verb, log, prepare)
    status = _wait(child, after_s if kill else OUT_OF_TIME_S)
    killed = status is None
    if status is None:
        send = os.killpg if kill is signal.SIGINT else os.kill  # Ctrl-C reaches the whole group
        send(child, kill or signal.SIGKILL)
        status = _wait(child, OUT_OF_TIME_S)
        if status is None:
            os.killpg(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
    seconds = time.monotonic() - started
    orphans = _orphans(child)
    said = log.read_text(errors="replace")
    return Ending(os.waitstatus_to_exitcode(status), killed, seconds, said, orphans)


def _run_forked(verb: Subcommand, log: Path, prepare: Callable[[], object]) -> None:
    """In the child: what `sidestick` does with the verb, its output in a file."""
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with log.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        spawned = mock.patch.object(multiprocessing, "get_context", return_value=FORKED)
        popen = mock.patch.object(background_process.subprocess, "Popen", ForkedLearner)
        given = mock.patch.object(command_line, "_parse", return_value=verb)
        with spawned, popen, given:
            prepare()
            main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        for child in multiprocessing.active_children():
            child.terminate()
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _enter(arguments: list[str], out: int) -> None:
    """In the learner's process: the verb, with its output in the log."""
    os.dup2(out, 1)
    os.dup2(out, 2)
    with mock.patch.object(command_line, "_parse", return_value=read(arguments)):
        main()


def _wait(child: int, seconds: float) -> int | None:
    """The child's status; None where it still runs after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        if time.monotonic() >= end:
            return None
        time.sleep(min(POLL_S, max(0.0, end - time.monotonic())))


def _orphans(group: int) -> bool:
    """Whether some of the child's own processes outlive it; they are ended then."""
    end = time.monotonic() + ORPHANS_S
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(POLL_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    return True
