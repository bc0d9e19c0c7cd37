"""How many workers this machine has cores and memory for.

Measured on a worker that has driven ShelfPick with a policy on pictures of 96 pixels: 323 MiB are
resident, of which 205 MiB are its own and the rest libraries that all workers share. One that
trains on keypoints had 472 MiB with 174 episodes; of its own, 420 with 1,000, 875 with 10,000.
"""

import math
import os
from pathlib import Path

from ...sim_envs.errors import BadValue
from ...sim_envs.free_memory import MEMINFO, available_bytes

MIB = 2**20
WORKER_MIB = 350
TRAINING_MIB, EPISODE_MIB = 500, 0.05
"""Of a worker that trains, and for each episode that it learns from."""
CGROUP = Path("/sys/fs/cgroup")
"""Of this process's container, where it is in one."""


def cores(cgroup: Path = CGROUP) -> int:
    """Cores that this process may use, in the machine and in the container."""
    known = hasattr(os, "sched_getaffinity")
    found = len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
        return max(1, min(found, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError, ZeroDivisionError):  # no container, or one without a limit
        return found


def free_mib(meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> int | None:
    """Memory that can be had, MiB, in the machine and in the container; None where nobody says."""
    found = [size for size in (available_bytes(meminfo), _container(cgroup)) if size is not None]
    return min(found) // MIB if found else None


def training_mib(episodes: int) -> int:
    """Memory of a worker that trains on so many episodes, MiB."""
    return TRAINING_MIB + math.ceil(EPISODE_MIB * episodes)


def workers_here(asked: int | None, free: int | None, each: int = WORKER_MIB) -> int:
    """`asked`, or unless that is given one a core, as far as `free` MiB go by `each` worker's.

    BadValue for more than there is memory for; even the first, which is hired in any case, may
    then be too many.
    """
    fitting = max(1, cores() if free is None else free // each)
    if asked is None:
        return min(cores(), fitting)
    if free is not None and asked > fitting:
        raise BadValue(
            "--workers",
            f"at most {fitting}, since each needs about {each} MiB and {free} MiB are free",
            asked,
        )
    return asked


def _container(cgroup: Path) -> int | None:
    """The room below the limit; what is only cached files counts as room."""
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        used = int((cgroup / "memory.current").read_text())
        stat = (cgroup / "memory.stat").read_text().splitlines()
    except (OSError, ValueError):
        return None
    cached = sum(int(line.split()[1]) for line in stat if line.startswith("inactive_file "))
    return None if limit == "max" else max(0, int(limit) - used + cached)
