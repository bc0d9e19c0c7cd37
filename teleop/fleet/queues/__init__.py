"""`QUEUES` are the queue policies by name; a new one is a file here and a line in this table."""

from collections.abc import Callable, Mapping

from ....sim_envs.errors import UnknownName
from .constraint_order import ConstraintOrder
from .first_come import FirstCome
from .giving_up import GivingUp
from .longest_wait import LongestWait
from .nobody import Nobody
from .oracle import Oracle
from .queue import Queue
from .random_order import RandomOrder
from .risk import Risk
from .round_robin import RoundRobin
from .uncertainty import Uncertainty
from .value_per_second import ValuePerSecond

FIRST_COME = "first-come"
QUEUES: Mapping[str, Callable[[], Queue]] = {
    FIRST_COME: FirstCome,
    "longest-wait": LongestWait,
    "risk": Risk,
    "value-per-second": ValuePerSecond,
    "giving-up": GivingUp,
    "uncertainty": Uncertainty,
    "constraint-order": ConstraintOrder,
    "random": RandomOrder,
    "round-robin": RoundRobin,
    "oracle": Oracle,
    "nobody": Nobody,
}
"""What makes each of them; the last two are limits for benchmarks, above and below."""


def queue_named(name: str) -> Queue:
    """A new queue policy by its name; UnknownName lists those that exist."""
    if name not in QUEUES:
        raise UnknownName("queue policy", name, tuple(QUEUES))
    return QUEUES[name]()
