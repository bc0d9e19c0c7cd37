"""`JobOptions` are the options of verbs that have jobs made: by how many workers, and where."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import arg

from ...policies.engines.job import Engine, JobLost
from ...policies.engines.local import LocalEngine
from ...policies.engines.memory import WORKER_MIB, free_mib, workers_here
from ...policies.engines.ray_engine import AUTO, RayEngine, ray_module
from ...sim_envs.errors import BadValue
from .console import complain
from .numbers import LAST_SEED, MOST, Workers
from .unused_options import refuse_unused

OPTIONS = ("workers", "engine", "address")
"""Their names, for verbs that have jobs made under some other options only."""


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """Mixed into a verb; its own options stand before these."""

    workers: Annotated[
        Workers | None,
        arg(
            help="Processes that work at the same time, each on one core; the result does not "
            "depend on it. Refused where there is no memory for so many.",
            help_behavior_hint="(default: one a core)",
        ),
    ] = None
    """Processes at the same time."""
    engine: Annotated[
        Literal["local", "ray"],
        arg(help="Where they work: on this machine, or on a Ray cluster; see docs/scale.md."),
    ] = "local"
    """Where they work."""
    address: Annotated[
        str | None,
        arg(
            metavar="auto|local|HOST:PORT",
            help="With --engine ray: the cluster. auto: the one of this machine; local: start one "
            "here for this command.",
            help_behavior_hint="(default: auto)",
        ),
    ] = None
    """With --engine ray: the cluster."""

    def engine_asked(self, worker_mib: int = WORKER_MIB) -> Engine:
        """The engine that the options name; BadValue or MissingExtra where it cannot be had."""
        if self.engine == "local":
            refuse_unused(self, "with --engine local", ("address",))
            return LocalEngine(workers_here(self.workers, free_mib(), worker_mib))
        ray_module()
        return RayEngine(self.address or AUTO, self.workers or 0, worker_mib)


def seed_range(text: str) -> range:
    """The seeds of `A:B`, from A on and below B; BadValue for anything else."""
    found = re.fullmatch(r"(\d{1,19}):(\d{1,19})", text, re.ASCII)
    if found is not None:
        first, end = (int(number) for number in found.groups())
        if first < end <= LAST_SEED and end - first <= MOST:
            return range(first, end)
    raise BadValue("--seeds", "A:B with A below B, such as 20000:20250", text)


def say_lost(_: object, error: JobLost) -> None:
    """Say which job cannot be made, and go on with the others."""
    complain(f"left out: {error}")
