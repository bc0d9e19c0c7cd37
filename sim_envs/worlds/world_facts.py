"""What the process of a world says of it: once, and after every step."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..tasks.task import Status
from ..world import Pose
from .contract import Capability
from .spec import WorldSpec

OK, FAILED = "ok", "failed"


class About(NamedTuple):
    """What never changes of a world."""

    spec: WorldSpec
    capabilities: frozenset[Capability]
    renderer: str
    native_range: tuple[tuple[float, float], ...]
    shown_cameras: tuple[str, ...]


class Facts(NamedTuple):
    """What is asked of a world at every tick."""

    instruction: str
    goal: str
    status: Status
    closing: bool
    state: NDArray[np.float64]
    tool: Pose | None
