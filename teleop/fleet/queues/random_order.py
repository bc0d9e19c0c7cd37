"""Random: any caller, the same one for the same seed."""

from collections.abc import Sequence

import numpy as np

from ..arm_view import ArmView
from .queue import Queue, callers


class RandomOrder(Queue):
    """Any caller."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng([seed, 23])

    def choose(self, arms: Sequence[ArmView]) -> int | None:
        """One of the callers, by chance."""
        waiting = callers(arms)
        return waiting[int(self._rng.integers(len(waiting)))].number if waiting else None
