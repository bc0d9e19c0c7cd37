"""The policy at the stick: asks for a plan, executes its first actions, and asks again."""

from dataclasses import dataclass

import numpy as np

from ...datasets.step import Driver
from ...policies.base.plan import Plan
from ...policies.policy import Policy
from ...sim_envs.errors import SidestickError
from ...sim_envs.spaces import Action, Observation


@dataclass(frozen=True)
class Proposal:
    """What the policy wants on one tick."""

    action: Action | None
    """float32[7]; None when the policy has no usable answer."""
    novelty: float
    """How unusual the policy finds the scene, in [0, 1]; NaN where it does not know."""
    plan: Plan | None
    """The plan that the action comes from."""


NO_PROPOSAL = Proposal(None, float("nan"), None)


class PolicyRunner:
    """Turns plans into one action a tick. Asks anew after `policy.execute` actions of its own,
    at every change of driver, and on every tick while somebody else drives.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._plan: Plan | None = None
        self._next = 0

    def begin(self) -> None:
        """A new episode begins."""
        self.policy.reset()
        self._plan = None

    def needs_images(self, driver: Driver) -> bool:
        """Whether the next proposal will look at the observation, if `driver` goes on driving."""
        return driver is not Driver.POLICY or self._used_up

    @property
    def _used_up(self) -> bool:
        return self._plan is None or self._next >= self.policy.execute

    def propose(self, observation: Observation, driver: Driver) -> Proposal:
        """The action for this tick, when `driver` drove the last one."""
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
