"""`PolicyRunner` turns a policy's plans (action chunks) into one `Proposal` a tick.

An assignment holds it; it executes the first actions of a plan, then asks the policy for another.
"""

import logging
from dataclasses import dataclass, replace

import numpy as np

from ...datasets.step import Driver
from ...datasets.step_packing import LIMIT
from ...policies.base.plan import Plan
from ...policies.policy import Policy
from ...sim_envs.errors import BadValue
from ...sim_envs.spaces import ACTION_SIZE, Action, Observation

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Proposal:
    """The policy's action for one tick, and what it comes from."""

    action: Action | None
    """float32[7]; None when the policy has no usable answer."""
    novelty: float
    """How unusual the scene is to the policy, in [0, 1]; NaN where it is not known."""
    plan: Plan | None
    """The plan that the action comes from; None without a usable answer."""


MOST_TOLD = 20
"""How many different errors of a policy are logged."""
NO_PROPOSAL = Proposal(None, float("nan"), None)


class PolicyRunner:
    """Executes a policy's plans. It asks for a new plan after `policy.execute` actions, at every
    change of driver, and on every tick while somebody else drives.

    Whatever a policy does instead of answering, the arm rests and the session goes on.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._plan: Plan | None = None
        self._next = 0
        self._told: set[str] = set()

    def begin(self) -> None:
        """Reset the policy and drop its plan, for a new episode or branch."""
        self._plan = None
        self._reset()

    def needs_images(self, driver: Driver) -> bool:
        """Whether the next proposal needs fresh images, if `driver` goes on driving."""
        return driver is not Driver.POLICY or self._used_up

    @property
    def _used_up(self) -> bool:
        plan, done = self._plan, self._next
        return plan is None or done >= min(self.policy.execute, len(plan.actions))

    def propose(self, observation: Observation, driver: Driver) -> Proposal:
        """The proposal for this tick, when `driver` drove the last one."""
        if driver is not Driver.POLICY:
            self._reset()  # what it remembers of its own driving is out of date
        if driver is not Driver.POLICY or self._used_up:
            self._plan, self._next = self._answer(observation), 0
        if self._plan is None:
            return NO_PROPOSAL
        action = self._plan.actions[self._next].astype(np.float32)
        self._next += 1
        return Proposal(action, self._plan.novelty, self._plan)

    def _answer(self, observation: Observation) -> Plan | None:
        """The policy's next plan; None, and a line in the log, where it has none."""
        try:
            return checked_plan(self.policy.plan(observation))
        except Exception as error:
            self._tell(error)
            return None

    def _reset(self) -> None:
        try:
            self.policy.reset()
        except Exception as error:
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Log an error of the policy, each once: it may come at every tick."""
        reason = f"{type(error).__name__}: {error}"
        if reason not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(reason)
            _log.warning("the policy has no answer, the arm rests (%s)", reason)


def checked_plan(plan: Plan) -> Plan:
    """A plan that can be executed; BadValue, TypeError or AttributeError for anything else."""
    actions = np.asarray(plan.actions, np.float32)
    if actions.ndim != 2 or actions.shape[1] != ACTION_SIZE or not len(actions):
        raise BadValue("plan", f"rows of {ACTION_SIZE} numbers", list(actions.shape))
    if not np.abs(actions).max() <= LIMIT:  # NaN fails the comparison too
        raise BadValue("plan", "actions in [-1, 1]", "others")
    if np.isinf(plan.novelty):
        raise BadValue("novelty of a plan", "a number in [0, 1], or NaN", plan.novelty)
    return plan if actions is plan.actions else replace(plan, actions=actions)
