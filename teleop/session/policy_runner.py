"""`PolicyRunner` turns a policy's plans (action chunks) into one `Proposal` a tick.

An assignment holds it; it executes the first actions of a plan, then asks the policy for another.
"""

from dataclasses import dataclass

import numpy as np

from ...datasets.step import Driver
from ...policies.base.plan import Plan
from ...policies.policy import Policy
from ...sim_envs.errors import SidestickError
from ...sim_envs.spaces import Action, Observation


@dataclass(frozen=True)
class Proposal:
    """The policy's action for one tick, and what it comes from."""

    action: Action | None
    """float32[7]; None when the policy has no usable answer."""
    novelty: float
    """How unusual the scene is to the policy, in [0, 1]; NaN where it is not known."""
    plan: Plan | None
    """The plan that the action comes from; None without a usable answer."""


NO_PROPOSAL = Proposal(None, float("nan"), None)


class PolicyRunner:
    """Executes a policy's plans. It asks for a new plan after `policy.execute` actions, at every
    change of driver, and on every tick while somebody else drives.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._plan: Plan | None = None
        self._next = 0

    def begin(self) -> None:
        """Reset the policy and drop its plan, for a new episode or branch."""
        self.policy.reset()
        self._plan = None

    def needs_images(self, driver: Driver) -> bool:
        """Whether the next proposal needs fresh images, if `driver` goes on driving."""
        return driver is not Driver.POLICY or self._used_up

    @property
    def _used_up(self) -> bool:
        return self._plan is None or self._next >= self.policy.execute

    def propose(self, observation: Observation, driver: Driver) -> Proposal:
        """The proposal for this tick, when `driver` drove the last one."""
        if driver is not Driver.POLICY:
            self.policy.reset()  # what it remembers of its own driving is out of date
        if driver is not Driver.POLICY or self._used_up:
            try:
                self._plan = self.policy.plan(observation)
            except SidestickError:  # such as a plan that is not finite: the arm rests
                self._plan = None
                return NO_PROPOSAL
            self._next = 0
        assert self._plan is not None
        action = self._plan.actions[self._next].astype(np.float32)
        self._next += 1
        return Proposal(action, self._plan.novelty, self._plan)
