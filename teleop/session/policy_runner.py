"""`PolicyRunner` turns a policy's plans (action chunks) into one `Proposal` a tick.

An assignment holds it; it executes the first actions of a plan, then asks the policy for another.
"""

import functools
import logging
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from ...datasets.step import Driver
from ...datasets.step_packing import LIMIT
from ...policies.base.plan import Plan, Policy
from ...sim_envs.errors import BadValue
from ...sim_envs.spaces import Action, Observation
from ...sim_envs.worlds.arm_spec import ARM_ACTION
from .background_calls import BackgroundCalls

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Proposal:
    """The policy's action for one tick, and what it comes from."""

    action: Action | None
    """float32[A]; None when the policy has no usable answer."""
    novelty: float
    """How unusual the scene is to the policy, in [0, 1]; NaN where it is not known."""
    plan: Plan | None
    """The plan that the action comes from; None without a usable answer."""
    why: str = ""
    """Why there is no action, for the operator; empty where there is one, or no policy."""


MOST_TOLD = 20
"""How many different errors of a policy are logged."""
NO_PROPOSAL = Proposal(None, float("nan"), None)


class PolicyRunner:
    """Executes a policy's plans. It asks for a new plan after `policy.execute` actions, at every
    change of driver, and on every tick while somebody else drives.

    Whatever a policy does instead of answering, the arm rests and the session goes on. So it does
    while a policy is late, where somebody drives in real time and cannot wait: that plan is
    dropped, as the world has moved on meanwhile.
    """

    def __init__(self, policy: Policy, actions: int = ARM_ACTION.size) -> None:
        """`actions` is how many numbers an action of the world has."""
        self.policy, self._actions = policy, actions
        self._plan: Plan | None = None
        self._next = 0
        self._why = ""
        self._told: set[str] = set()
        self._calls = BackgroundCalls()
        self._late: Future[Plan | None] | None = None

    def begin(self) -> None:
        """Reset the policy and drop its plan, for a new episode or branch."""
        self._plan = None
        if self._late is None:  # else it is reset once it has answered
            self._reset()

    def needs_images(self, driver: Driver) -> bool:
        """Whether the next proposal needs fresh images, if `driver` goes on driving."""
        return driver is not Driver.POLICY or self._used_up

    @property
    def _used_up(self) -> bool:
        plan, done = self._plan, self._next
        return plan is None or done >= min(self.policy.execute, len(plan.actions))

    def propose(
        self, observation: Observation, driver: Driver, within_s: float | None = None
    ) -> Proposal:
        """The proposal for this tick, when `driver` drove the last one.

        A new plan is waited for no longer than `within_s`; as long as it takes where that is None.
        """
        if self._late is not None and not self._late.done():
            return replace(NO_PROPOSAL, why=self._why)
        if self._late is not None or driver is not Driver.POLICY:
            self._reset()  # what it remembers of its own driving is out of date
        if self._late is not None or driver is not Driver.POLICY or self._used_up:
            self._late, self._next = None, 0
            self._plan = self._answer(observation, within_s)
        if self._plan is None:
            return replace(NO_PROPOSAL, why=self._why)
        action = self._plan.actions[self._next].astype(np.float32)
        self._next += 1
        return Proposal(action, self._plan.novelty, self._plan)

    def _answer(self, observation: Observation, within_s: float | None) -> Plan | None:
        """The policy's next plan; None where it has none, or none in time."""
        if within_s is None:
            return self._ask(observation)
        call = self._calls.start(functools.partial(self._ask, observation))
        try:
            return call.result(within_s)
        except TimeoutError:
            self._late = call
            self._tell(f"it thinks for more than {within_s * 1000:.0f} ms")
            return None

    def _ask(self, observation: Observation) -> Plan | None:
        """The policy's next plan; None, and a line in the log, where it has none."""
        try:
            return checked_plan(self.policy.plan(observation), self._actions)
        except Exception as error:
            self._tell(f"{type(error).__name__}: {error}")
            return None

    def _reset(self) -> None:
        try:
            self.policy.reset()
        except Exception as error:
            self._tell(f"{type(error).__name__}: {error}")

    def _tell(self, reason: str) -> None:
        """Log why there is no answer, each reason once: it may come at every tick."""
        self._why = f"the policy has no answer, the arm rests ({reason})"
        if reason not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(reason)
            _log.warning("%s", self._why)


def checked_plan(plan: Plan, size: int = ARM_ACTION.size) -> Plan:
    """A plan that can be executed; BadValue, TypeError or AttributeError for anything else."""
    actions = np.asarray(plan.actions, np.float32)
    if actions.ndim != 2 or actions.shape[1] != size or not len(actions):
        raise BadValue("plan", f"rows of {size} numbers", list(actions.shape))
    if not np.abs(actions).max() <= LIMIT:  # NaN fails the comparison too
        raise BadValue("plan", "actions in [-1, 1]", "others")
    if np.isinf(plan.novelty):
        raise BadValue("novelty of a plan", "a number in [0, 1], or NaN", plan.novelty)
    return plan if actions is plan.actions else replace(plan, actions=actions)
