"""`TemporalEnsemble` averages plans that overlap in time, so that the end effector does not jerk.

`LearnedPolicy` adds each new plan and executes the average.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

Chunk = NDArray[np.float32]


class TemporalEnsemble:
    """The plans of one episode that reach into the steps to come.

    ACT (Zhao 2023, section IV-A): weights exp(-rate * i), i = 0 for the oldest plan; the larger
    the rate, the more the oldest count.
    """

    def __init__(self, chunk: int, execute: int, rate: float) -> None:
        self.chunk, self.execute, self.rate = chunk, execute, rate
        self._plans: deque[tuple[Chunk, Chunk]] = deque(maxlen=-(-chunk // execute))

    def reset(self) -> None:
        """Forget all plans."""
        self._plans.clear()

    def add(self, actions: Chunk, spread: Chunk) -> tuple[Chunk, Chunk]:
        """Add a plan (H, A) and its spread, `execute` steps after the last; the averages of both.

        The spread of the average covers that of each plan and the differences between plans.
        """
        self._plans.append((actions, spread))
        weights = np.zeros((len(self._plans), self.chunk, 1))
        plans = np.zeros((2, len(self._plans), *actions.shape))
        for number, plan in enumerate(self._plans):
            late = (len(self._plans) - 1 - number) * self.execute
            weights[number, : self.chunk - late] = np.exp(-self.rate * number)
            plans[:, number, : self.chunk - late] = np.stack(plan)[:, late:]
        weights /= weights.sum(0)
        mean = (weights * plans[0]).sum(0)
        variance = (weights * (plans[1] ** 2 + (plans[0] - mean) ** 2)).sum(0)
        return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)
