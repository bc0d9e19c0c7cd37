"""`ActivePolicy` says which policy drives a session, and switches it between two episodes.

The window and the headless session ask it there: the policy that the store chooses takes over (a
newer one that passed the gate, or one that was pinned), or, after a rollback, the one before.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from ...datasets.database import Database, EventEntry, EventKind
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.policy_choice import PINNED, in_order
from ...policies.store import PolicyStore
from ...sim_envs.errors import NotEarned, PolicyError
from ..autonomy.help_calibration import rules_for
from ..autonomy.ladder_store import LadderStore
from ..session.assignment import Assignment
from ..session.help_requests import HelpMonitor, HelpRules
from ..session.levels import name
from ..session.policy_runner import PolicyRunner
from .policy_actions import PolicyActions

PASSED, ROLLED_BACK = "passed the gate", "rolled back"
FELL_BACK = "the one before may not drive any more"


def load_runner(workspace: Workspace, policy_id: str) -> PolicyRunner:
    """A policy of the workspace, ready to drive there."""
    store, config = PolicyStore(workspace.policies_dir), workspace.config
    policy = store.load(policy_id, config)
    return PolicyRunner(policy, policy.actions)


def assignment_of(
    workspace: Workspace,
    level: Level,
    policy_id: str | None,
    rules: HelpRules | None = None,
    runner: PolicyRunner | None = None,
) -> Assignment:
    """The assignment of a policy to a level; of the operator alone where `policy_id` is None.

    At on-call its help requests are calibrated on its recorded episodes. `runner` replaces the
    policy that would be loaded, as when a test corrupts it.
    """
    if policy_id is None:
        return Assignment(level, None, runner, HelpMonitor(rules))
    runner, rules = runner or load_runner(workspace, policy_id), rules or HelpRules()
    if level is Level.ON_CALL:
        rules = rules_for(workspace, policy_id, rules)
    return Assignment(level, policy_id, runner, HelpMonitor(rules))


@dataclass(frozen=True)
class PolicySwitch:
    """A policy that takes over at the boundary between two episodes."""

    assignment: Assignment
    """The policy, at the level that it has earned and that the session allows."""
    before: str | None
    """Number of the policy that drove so far; None where there was none."""
    why: str

    @property
    def label(self) -> str:
        """For the operator."""
        policy, level = self.assignment.policy_id, self.assignment.level
        if self.why in (ROLLED_BACK, FELL_BACK):
            return f"back to policy {policy}, at {name(level)}"
        verb = "looks on" if level <= Level.SHADOW else "drives"
        if self.why == PINNED:
            return f"pinned: policy {policy} {verb} from now on, at {name(level)}"
        return f"new policy {policy} {verb} from now on, at {name(level)}"


class ActivePolicy:
    """Decides at each boundary between two episodes whether another policy takes over.

    Every call gets the present assignment, which belongs to the session and is kept nowhere else.
    """

    def __init__(
        self,
        workspace: Workspace,
        first: Assignment,
        follows: bool = True,
        rules: HelpRules | None = None,
        clock: Callable[[], float] = time.time,
        least: Level | None = None,
        on_refused: Callable[[str], object] = lambda _: None,
    ) -> None:
        """`follows` false keeps the policy that the operator named; `rules` are for help.

        A policy that may not drive at the level `least` does not take over, and `on_refused` hears
        why; where the session began by an override, that holds for the newer policy too.
        """
        self._least, self._on_refused = least, on_refused
        self.follows, self.highest = follows, first.level
        """No policy drives at a higher level than the session began with."""
        self._workspace, self._rules, self._clock = workspace, rules, clock
        self._store, self._ladder_store = (
            PolicyStore(workspace.policies_dir),
            LadderStore(workspace),
        )
        policy = first.policy_id
        self._overridden = (
            policy is not None and first.level > self._ladder_store.ladder(policy).level
        )
        self._back_to: str | None = None
        self._broken: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        self.since = self._clock()
        self.episodes = 0
        """Episodes saved since this policy took over."""

    def episode_over(self) -> None:
        """Count a saved episode."""
        self.episodes += 1

    def label(self, present: Assignment) -> str:
        """The policy, since when it drives, and over how many episodes; empty without one."""
        if present.policy_id is None:
            return ""
        at = time.strftime("%H:%M", time.localtime(self.since))
        many = f"{self.episodes} episode{'' if self.episodes == 1 else 's'}"
        return f"policy {present.policy_id} since {at}, {many}"

    def waiting(self, present: Assignment) -> bool:
        """Whether another policy would take over now."""
        return self._back_to is not None or self._chosen(present.policy_id) is not None

    def next_switch(self, present: Assignment) -> PolicySwitch | None:
        """The policy that takes over now, if one does; reads a few files, and loads that policy."""
        chosen = self._chosen(present.policy_id) if self._back_to is None else None
        wanted, why = chosen or (self._back_to, ROLLED_BACK)
        self._back_to = None
        if wanted is None:
            return None
        try:
            policy_switch = self._switch_to(present, wanted, why)
        except PolicyError:  # damaged on disk: the active one goes on
            self._broken.add(wanted)
            return None
        except NotEarned as error:
            self._broken.add(wanted)
            self._on_refused(f"policy {wanted} {why}, and does not take over: {error}")
            return None
        self._begin()
        level = name(policy_switch.assignment.level)
        payload = {"policy": wanted, "before": policy_switch.before, "why": why, "level": level}
        Database(self._workspace.db_path).add_event(EventEntry(EventKind.SWAP, payload))
        return policy_switch

    def roll_back(self, present: Assignment) -> str:
        """Set the active policy aside for good; the one before drives from the next episode on.

        A pin on it ends. Returns the message for the operator. Does nothing where there is none
        before.
        """
        if self._back_to is not None:
            return f"policy {self._back_to} drives from the next episode on"
        policy = present.policy_id
        before = self._before(policy)
        if policy is None or before is None:
            return "there is no policy to go back to"
        actions = PolicyActions(self._workspace, self._clock)
        if actions.pinned() == policy:
            actions.unpin()
        actions.set_aside(policy, to=before)
        self._back_to = before
        return f"policy {policy} is set aside: {before} drives from the next episode on"

    def at(self, present: Assignment, level: Level) -> Assignment:
        """The same policy at another level; where it asks for help, on what is recorded by now."""
        if level is Level.ON_CALL and present.policy_id is not None:
            monitor = present.monitor
            monitor.rules = rules_for(self._workspace, present.policy_id, monitor.rules)
        return present.at(level)

    def _before(self, present: str | None) -> str | None:
        """The policy that drove before the active one: by the events, else by number."""
        standing = [p for p in self._store.standing() if p != present]
        swaps = Database(self._workspace.db_path).events(EventKind.SWAP)
        for swap in reversed(swaps):
            if swap.payload.get("policy") == present and swap.payload.get("before") in standing:
                return str(swap.payload["before"])
        if present is None:
            return None
        found = self._store.standings()
        known = in_order({*found, present})
        older = known[: known.index(present)]
        return next((p for p in reversed(older) if p in found and found[p].drives), None)

    def _chosen(self, present: str | None) -> tuple[str, str] | None:
        """The policy that the store chooses, where it is not the active one, and why it drives."""
        try:
            choice = self._store.choice() if self.follows else None
        except PolicyError:  # a pin that cannot be followed: the active one goes on
            return None
        if choice is None or choice.policy_id in self._broken or choice.policy_id == present:
            return None
        if choice.why == PINNED:
            return choice.policy_id, PINNED
        newer = present is None or in_order((present, choice.policy_id))[-1] != present
        return choice.policy_id, PASSED if newer else FELL_BACK

    def _switch_to(self, present: Assignment, wanted: str, why: str) -> PolicySwitch:
        level = self._level_of(wanted, why)
        runner = load_runner(self._workspace, wanted)
        assignment = assignment_of(self._workspace, level, wanted, self._rules, runner)
        monitor, before = assignment.monitor, present.monitor
        monitor.left, monitor.refused = before.left, before.refused  # a budget is for the session
        return PolicySwitch(assignment, present.policy_id, why)

    def _level_of(self, wanted: str, why: str) -> Level:
        """The level that a policy has earned, but none above the one the session began with.

        Where the session began by the operator's override, the override holds for the policy
        before, and a newer one gets one level less; it is recorded like the first.
        """
        earned = self._ladder_store.authorise(None, wanted)
        if not self._overridden:
            return min(self.highest, self._ladder_store.authorise(self._least or earned, wanted))
        lower = 0 if self._least or why in (ROLLED_BACK, FELL_BACK) else 1
        asked = Level(max(self.highest - lower, Level.DEMONSTRATE))
        return self._ladder_store.authorise(
            max(asked, min(self.highest, earned)), wanted, override=True
        )
