"""`FleetPolicy` is the policy of all arms: a new one reaches each arm between two of its episodes.

`opening.fleet_policy` makes one; an arm asks it before every episode.
"""

from collections.abc import Callable

from ...datasets.workspace import Workspace
from ..learning.active_policy import ActivePolicy, load_runner
from ..session.assignment import Assignment
from ..session.help_requests import HelpMonitor
from ..session.policy_runner import PolicyRunner


class FleetPolicy:
    """The assignment that all arms shall have; each arm has a runner and a monitor of its own."""

    def __init__(
        self,
        workspace: Workspace,
        active: ActivePolicy,
        first: Assignment,
        load: Callable[[Workspace, str], PolicyRunner] = load_runner,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        """`tell` hears of each new policy that arms begin to drive with."""
        self._workspace, self._active, self.present = workspace, active, first
        self._load, self._tell = load, tell

    def for_arm(self) -> Assignment:
        """The present assignment, with a runner and a monitor of its own."""
        assert self.present.policy_id is not None
        runner = self._load(self._workspace, self.present.policy_id)
        monitor = HelpMonitor(self.present.monitor.rules)
        return Assignment(self.present.level, self.present.policy_id, runner, monitor)

    def next_for(self, now: Assignment) -> Assignment | None:
        """What an arm drives with from its next episode on; None to go on with what it has."""
        switch = self._active.next_switch(self.present)
        if switch is not None:
            self.present = switch.assignment
            self._tell(switch.label)
        if now.policy_id == self.present.policy_id and now.level is self.present.level:
            return None
        return self.for_arm()
