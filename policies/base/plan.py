"""This module holds the plan, a policy's output: an action chunk, its spread and the novelty."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, repr=False)
class Plan:
    """The next H actions of a policy; the tick executes the first few and then plans again."""

    actions: NDArray[np.float32]
    """(H, A) in [-1, 1], in the order of `sim_envs.spaces.ACTION_NAMES`."""
    spread: NDArray[np.float32]
    """(H, A) standard deviation over the policy's predictions; zero where there is only one."""
    novelty: float
    """Share of the training scenes that are less unusual, in [0, 1]; NaN where it is not known."""

    def __repr__(self) -> str:
        return f"Plan(actions{self.actions.shape}, novelty={self.novelty:.2f})"
