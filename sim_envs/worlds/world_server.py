"""`main` is the process of a `WorldProcess`: it makes one world, and does what the pipe says."""

import faulthandler
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from ..child_process import end_with
from ..errors import SidestickError
from .contract import Capability, TaskWorld
from .world_facts import FAILED, OK, About, Facts
from .world_versions import versions_of

SLACK_S, IDLE_S = 1.0, 0.3
PLAIN = (bool, int, float, str, np.ndarray, np.generic)
"""Kinds of values of `info` that are passed on."""


class WorldServer:
    """One world, and the moments of it that somebody may go back to."""

    def __init__(self, make: Callable[..., TaskWorld]) -> None:
        """`make` is `making.make_world`."""
        self._make = make
        self._world: TaskWorld | None = None
        self._moments: dict[int, Any] = {}
        self._taken = 0

    def answer(self, what: str, arguments: tuple[Any, ...]) -> Any:
        """Do one thing; what an episode's course may have changed goes with the answer."""
        if what == "make":
            name, size, keywords = arguments
            here = {"own_process": False} if name else {}  # a task of the built-in arm has none
            self._world = self._make(name, size, **here, **keywords)
            return self._about()
        if what == "cpu_s":
            return time.process_time()
        world = self.world
        if what == "versions":
            return versions_of(world)
        if what == "reset":
            seed, options = arguments
            self._moments.clear()
            seen, info = world.reset(seed=seed, options=options)
            return (seen, _plain(info)), self._facts()
        if what == "step":
            action, world.images_due = arguments
            seen, reward, solved, cut, info = world.step(action)
            return (seen, reward, solved, cut, _plain(info)), self._facts()
        if what == "snapshot":
            self._taken += 1
            self._moments[self._taken] = world.snapshot()
            return self._taken
        if what == "restore":
            return world.restore(self._moments[arguments[0]]), self._facts()
        if what in ("build", "reseat", "advance"):
            getattr(world, what)(*arguments)
            return None, self._facts()
        found = getattr(world, what)
        return found(*arguments) if callable(found) else found

    def close(self) -> None:
        """Close the world, if there is one."""
        if self._world is not None:
            self._world.close()

    @property
    def world(self) -> TaskWorld:
        """The world that was made."""
        assert self._world is not None, "the first call makes it"
        return self._world

    def _about(self) -> About:
        world = self.world
        return About(
            world.world_spec, world.capabilities, world.renderer_name, world.native_range,
            world.shown_cameras,
        )  # fmt: skip

    def _facts(self) -> Facts:
        world = self.world
        tool = world.tool() if Capability.HAND in world.capabilities else None
        told = (world.instruction, world.goal, world.status, world.closing)
        return Facts(*told, world.state(), tool)


def main(make: Callable[..., TaskWorld], pipe: int, parent: int, trace: int) -> None:
    """Serve one world, which `make` makes, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that saves
    end_with(parent)
    faulthandler.enable(trace)  # of a crash, too, it says where
    connection, server, alarm = Connection(pipe), WorldServer(make), Alarm(trace)
    for what, arguments, seconds in _asked(connection, alarm):
        alarm.set(seconds)
        answer = _tried(server.answer, what, arguments)
        try:
            connection.send(answer)
        except OSError:
            break
    server.close()


class Alarm:
    """Ends the process, and says where it was, when a call takes too long: from C as well.

    Setting it starts a thread, which costs more than most steps: a call that follows another soon
    takes its alarm over, and gets up to `SLACK_S` more.
    """

    def __init__(self, trace: int) -> None:
        self._trace, self._set_at, self._seconds = trace, 0.0, 0.0

    def set(self, seconds: float) -> None:
        """A call begins that may take so many seconds."""
        now = time.monotonic()
        if seconds != self._seconds or now - self._set_at > SLACK_S:
            faulthandler.dump_traceback_later(seconds + SLACK_S, exit=True, file=self._trace)
            self._set_at, self._seconds = now, seconds

    def off(self) -> None:
        """Nothing is asked for a while."""
        faulthandler.cancel_dump_traceback_later()
        self._seconds = 0.0


def _asked(connection: Connection, alarm: Alarm) -> Iterator[tuple[str, tuple[Any, ...], float]]:
    """Yield what is asked, until the pipe is closed; meanwhile the alarm is off."""
    while True:
        try:
            if not connection.poll(IDLE_S):
                alarm.off()
            asked = connection.recv()
        except (EOFError, OSError):
            alarm.off()
            return
        yield asked


def _tried(do: Callable[..., Any], what: str, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    """The answer, or the error's name and words; a stranger's error has no name here."""
    try:
        return OK, do(what, arguments)
    except SidestickError as error:
        return FAILED, (type(error).__name__, str(error))
    except Exception as error:
        said = f"{what}() raised {type(error).__name__}: {error}"
        return FAILED, ("", said)


def _plain(info: dict[str, Any]) -> dict[str, Any]:
    """The entries of `info` that are numbers, text or arrays of numbers."""
    return {
        str(key): value
        for key, value in info.items()
        if isinstance(value, PLAIN) and getattr(value, "dtype", np.dtype(int)).kind in "biufU"
    }
