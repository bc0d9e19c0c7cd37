"""A `Plan` is a policy's output, actions with spread and novelty; a `Policy` makes plans."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.spaces import Observation


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


class Policy(Protocol):
    """The interface of anything that plans actions from observations."""

    chunk: int
    """Actions in a plan."""
    execute: int
    """Number of those to execute before the next plan."""

    def reset(self) -> None:
        """Forget the past, at the start of an episode."""
        ...

    def plan(self, observation: Observation) -> Plan:
        """The next `chunk` actions, from one observation of the environment."""
        ...
