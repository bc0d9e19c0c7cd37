"""Snapshots: moments of a running episode to come back to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .spaces import Action
from .tasks.task import Status


@dataclass(frozen=True)
class Snapshot:
    """A moment of an episode to come back to; valid until the next reset."""

    ticket: int | None
    """The engine's saved state; None where the engine cannot restore the task exactly."""
    history: tuple[Action | None, ...]
    """All actions since the reset, None for each re-seating: what led to this moment."""
    arm: NDArray[np.float64]
    """Arm.state() at that moment."""
    memory: NDArray[np.float64]
    """The task's own memory."""
    elapsed: int
    """Ticks since the reset."""
    status: Status
    """What the task said last."""
    episode: int
    """Which reset the snapshot belongs to."""
