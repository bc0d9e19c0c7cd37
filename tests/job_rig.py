"""Jobs that tests of engines have made: one that does nothing, one that kills, one that refuses."""

import os
import signal
from pathlib import Path

from sidestick.sim_envs.errors import BadValue


def nothing() -> None:
    """Prepare a worker that needs nothing."""


def die() -> None:
    """End as by `kill -9`."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(number: int, folder: Path) -> int:
    """End the first worker that makes this job, and note every try."""
    tried = folder / f"{number}-{len(list(folder.glob(f'{number}-*')))}"
    tried.touch()
    if tried.name == "2-0":
        die()
    return number


def refuse() -> None:
    """Fail as a job may."""
    raise BadValue("job", "something else")
