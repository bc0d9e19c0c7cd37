"""The accord of human and policy over the last moments, for the screen: do they want the same?"""

import math

import numpy as np

from .agreement import STILL
from .tick import Tick

MEMORY = 0.9
"""Share of what is known that is left after a tick: half of it is two thirds of a second old."""


class Accord:
    """A running mean of the cosine of what both hands want, on ticks on which both move."""

    def __init__(self) -> None:
        self._sum, self._weight = 0.0, 0.0

    @property
    def cosine(self) -> float:
        """From -1, against each other, to 1, alike; NaN where nothing is known of late."""
        return self._sum / self._weight if self._weight > 0.1 else math.nan

    def feel(self, tick: Tick) -> None:
        """A tick has passed."""
        self._sum, self._weight = self._sum * MEMORY, self._weight * MEMORY
        hers, its = tick.step.human_action, tick.step.policy_action
        if hers is None or its is None:
            return
        one, other = hers[:3].astype(np.float64), its[:3].astype(np.float64)
        lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
        if min(lengths) > STILL:
            self._sum += float(one @ other) / (lengths[0] * lengths[1])
            self._weight += 1.0
