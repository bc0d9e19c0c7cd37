"""A plan: what a policy wants to do next, how sure it is, and how unusual it finds the scene."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, repr=False)
class Plan:
    """The next H actions of a policy; the tick executes the first few and then asks again."""

    actions: NDArray[np.float32]
    """(H, A) in [-1, 1], in the order of `sim_envs.spaces.ACTION_NAMES`."""
    spread: NDArray[np.float32]
    """(H, A) standard deviation over the policy's opinions; zero where it has only one."""
    novelty: float
    """Share of familiar scenes that were less unusual, in [0, 1]; NaN where it is not known."""

    def __repr__(self) -> str:
        return f"Plan(actions{self.actions.shape}, novelty={self.novelty:.2f})"
