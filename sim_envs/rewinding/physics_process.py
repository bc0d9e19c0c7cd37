"""PhysicsProcess steps an environment elsewhere; at a mark it leaves a copy of itself behind.

The copy is a fork: it shares all memory until one of the two changes it, and waits until it is
told to go on. So a moment is kept whole, with everything that the engine remembers and cannot save.
"""

import gc
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Mapping
from multiprocessing import reduction
from multiprocessing.connection import Connection, Pipe
from typing import Any, Final

import numpy as np

from ..making import make_task_env
from ..spaces import Action
from .moment import Moment

BUILD, RESEAT, MARK, WAKE = (b"build", b"seat!", b"mark!", b"wake!")
ADVANCE, DRAWN_ADVANCE = (b"step!", b"draw!")
_WORD: Final = 5
LOOK_S = 0.001
"""How long a look for an answer waits for it."""
TIMEOUT_S = 10.0
"""A process that has not answered for this long is given up."""


class PhysicsLost(OSError):
    """The process that steps the physics does not answer any more."""


class PhysicsProcess:
    """The living process, or a copy that waits at a mark; whichever the pipe leads to."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._asked_at = pipe, 0.0

    @classmethod
    def start(cls, task: str, env_kwargs: Mapping[str, Any]) -> "PhysicsProcess":
        """Start a process that builds its own environment, without waiting for it."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = Pipe()
        settings = json.dumps({**env_kwargs, "task": task, "renderer": "tiny"})
        process = context.Process(
            target=_serve, args=(theirs, settings), name="physics", daemon=True
        )
        process.start()
        theirs.close()
        return cls(ours)

    def build(self, beginning: Mapping[str, Any]) -> None:
        """Begin an episode from a generator's state; ask for its moment()."""
        self._send(BUILD + json.dumps(beginning).encode())

    def advance(self, action: Action, draw: bool) -> None:
        """Step by a checked action [7], and draw what is recorded; ask for its moment()."""
        word = DRAWN_ADVANCE if draw else ADVANCE
        self._send(word + np.asarray(action, np.float32).tobytes())

    def reseat(self) -> None:
        """Move the target to the measured pose; ask for its moment()."""
        self._send(RESEAT)

    def moment(self) -> Moment:
        """The answer to build(), advance() or reseat(); raises PhysicsLost where there is none."""
        return Moment.unpack(self._receive())

    @property
    def answered(self) -> bool:
        """Whether there is an answer, or none is to be expected any more."""
        try:
            late = time.monotonic() > self._asked_at + TIMEOUT_S
            return late or self._pipe.poll(LOOK_S)
        except OSError:
            return True

    def mark(self) -> "PhysicsProcess":
        """A copy that waits at this moment."""
        self._send(MARK)
        return self._copy()

    def wake(self) -> "PhysicsProcess":
        """Let this copy go on; returns a further copy that waits in its place."""
        self._send(WAKE)
        return self._copy()

    def close(self) -> None:
        """End the process; closing twice is safe."""
        self._pipe.close()

    def _copy(self) -> "PhysicsProcess":
        self._await()
        return PhysicsProcess(Connection(reduction.recv_handle(self._pipe)))

    def _send(self, message: bytes) -> None:
        self._asked_at = time.monotonic()
        try:
            self._pipe.send_bytes(message)
        except OSError as error:
            raise PhysicsLost(str(error)) from error

    def _receive(self) -> bytes:
        self._await()
        try:
            return self._pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise PhysicsLost(str(error)) from error

    def _await(self) -> None:
        try:
            if not self._pipe.poll(TIMEOUT_S):
                raise PhysicsLost(f"no answer within {TIMEOUT_S:.0f} s")
        except OSError as error:
            raise PhysicsLost(str(error)) from error


def _serve(pipe: Connection, settings: str) -> None:
    """Do what the pipe says until it is closed; runs in the living process and in woken copies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that saves
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # copies that end leave nothing to wait for
    env = make_task_env(**json.loads(settings))
    env.images_due = False
    try:
        while True:
            message = pipe.recv_bytes()
            word, rest = message[:_WORD], message[_WORD:]
            if word in (MARK, WAKE) and (woken_by := _fork(pipe)):
                pipe = woken_by
                continue
            if word == MARK:
                continue
            if word == BUILD:
                env.build_from(json.loads(rest))
            elif word in (ADVANCE, DRAWN_ADVANCE):
                env.advance(np.frombuffer(rest, np.float32))
            elif word == RESEAT:
                env.reseat()
            pipe.send_bytes(Moment.of(env, drawn=word == DRAWN_ADVANCE).pack())
    except (EOFError, OSError):
        os._exit(0)  # a copy shares what its maker would clean up


def _fork(pipe: Connection) -> Connection | None:
    """Make a copy, and send its pipe; returns in the copy the pipe that wakes it, here None."""
    theirs, ours = Pipe()
    gc.freeze()  # what is collected is written to, and copied
    if os.fork():
        ours.close()
        reduction.send_handle(pipe, theirs.fileno(), os.getppid())
        theirs.close()
        return None
    pipe.close()
    theirs.close()
    return ours
