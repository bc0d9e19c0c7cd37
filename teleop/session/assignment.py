"""An assignment says at which level an episode is driven, and which policy takes part in it.

A session holds one; the tick asks it for the policy's proposal and for its help requests.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ...datasets.step import Driver, Level
from ...sim_envs.errors import PolicyError
from ...sim_envs.spaces import Observation
from ...sim_envs.worlds.arm_spec import EE_POS
from .authority import usable
from .help_requests import HelpMonitor, HelpReason
from .levels import NEEDS_POLICY, ControlState, name
from .policy_runner import NO_PROPOSAL, PolicyRunner, Proposal

NOWHERE = np.full(1, np.nan)
"""The end effector's position in a world that has none: it never stalls."""


@dataclass(frozen=True)
class Assignment:
    """Level, policy and help monitor of an episode; a session replaces it between two episodes.

    Raises PolicyError for a level that needs a policy, without one.
    """

    level: Level
    """Who may drive."""
    policy_id: str | None = None
    """Number of the policy, for the records; None where there is none, or none with a number."""
    runner: PolicyRunner | None = None
    """The loaded policy, which drives or only proposes; None where the operator drives without."""
    monitor: HelpMonitor = field(default_factory=HelpMonitor)
    """Decides when a policy at on-call asks for help; its budget lasts for the session."""

    def __post_init__(self) -> None:
        if self.level in NEEDS_POLICY and self.runner is None:
            raise PolicyError(
                f"level {name(self.level)!r} needs a policy, and there is none yet; train one"
            )

    def at(self, level: Level) -> "Assignment":
        """The same policy at another level."""
        return replace(self, level=level)

    def begin(self) -> None:
        """Reset the policy: an episode begins, or another branch of it after a rewind."""
        if self.runner:
            self.runner.begin()

    def propose(
        self, observation: Observation, driver: Driver, within_s: float | None = None
    ) -> Proposal:
        """The policy's proposal for this tick, when `driver` drove the last one.

        It is waited for no longer than `within_s`, if that is given.
        """
        if self.runner is None:
            return NO_PROPOSAL
        return self.runner.propose(observation, driver, within_s)

    def needs_images(self, driver: Driver) -> bool:
        """Whether the next proposal needs fresh images, if `driver` goes on driving."""
        return self.runner is not None and self.runner.needs_images(driver)

    def help_wanted(
        self, state: ControlState, proposal: Proposal, observation: Observation
    ) -> HelpReason | None:
        """Why the policy asks for help on this tick; None where it does not, or is not at on-call.

        `state` is that of the last tick; a reason takes one request from the monitor's budget.
        """
        if self.level is not Level.ON_CALL:
            return None
        answer, ee_m = usable(proposal.action), observation.get(EE_POS, NOWHERE)
        return self.monitor.update(state, proposal.novelty, answer, ee_m)
