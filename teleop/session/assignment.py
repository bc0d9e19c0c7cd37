"""The assignment: at which level an episode is driven, and which policy takes part in it."""

from dataclasses import dataclass, field, replace

from ...datasets.step import Driver, Level
from ...sim_envs.errors import PolicyError
from ...sim_envs.spaces import Observation
from .authority import usable
from .help_requests import HelpMonitor, HelpReason
from .levels import NEEDS_POLICY, ControlState, name
from .policy_runner import NO_PROPOSAL, PolicyRunner, Proposal


@dataclass(frozen=True)
class Assignment:
    """Owned by the session, which replaces it as a whole, between two episodes.

    Raises PolicyError for a level that needs a policy, without one.
    """

    level: Level
    """Who may drive."""
    policy_id: str | None = None
    """Number of the policy, for the records; None where there is none, or none with a number."""
    runner: PolicyRunner | None = None
    """The loaded policy, which drives or looks on; None where the human drives without one."""
    monitor: HelpMonitor = field(default_factory=HelpMonitor)
    """What makes a policy on call ask for help; its budget lasts for the session."""

    def __post_init__(self) -> None:
        if self.level in NEEDS_POLICY and self.runner is None:
            raise PolicyError(
                f"level {name(self.level)!r} needs a policy, and there is none yet; train one"
            )

    def at(self, level: Level) -> "Assignment":
        """The same policy at another level."""
        return replace(self, level=level)

    def begin(self) -> None:
        """Let the policy forget what it planned: an episode begins, or another branch of it."""
        if self.runner:
            self.runner.begin()

    def propose(self, observation: Observation, driver: Driver) -> Proposal:
        """What the policy wants on this tick, when `driver` drove the last one."""
        return self.runner.propose(observation, driver) if self.runner else NO_PROPOSAL

    def needs_images(self, driver: Driver) -> bool:
        """Whether the next proposal will look at the observation, if `driver` goes on driving."""
        return self.runner is not None and self.runner.needs_images(driver)

    def help_wanted(
        self, state: ControlState, proposal: Proposal, observation: Observation
    ) -> HelpReason | None:
        """Why the policy asks for help on this tick, at the level at which it may.

        `state` is that of the last tick; a reason takes one request from the monitor's budget.
        """
        if self.level is not Level.ON_CALL:
            return None
        answer, hand_m = usable(proposal.action), observation["ee_pos"]
        return self.monitor.update(state, proposal.novelty, answer, hand_m)
