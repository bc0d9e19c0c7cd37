"""Which policy is on duty in a sitting and since when, who relieves it, and the way back."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from ...datasets.database import Database, Event, EventKind
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.policy import Policy
from ...policies.store import PolicyStore
from ...sim_envs.errors import PolicyError
from ..autonomy.ladder_store import LadderBook
from ..session.levels import name
from ..session.policy_runner import Pilot
from .candidate_store import ruling_of

PASSED, ROLLED_BACK = "passed the gate", "rolled back"


@dataclass(frozen=True)
class Relief:
    """A policy that takes over at the boundary between two episodes."""

    policy: str
    """Its number."""
    before: str | None
    """Who was on duty; None where nobody was."""
    pilot: Pilot
    level: Level
    """The level to drive at: what the policy has earned, and no more than was driven at."""
    why: str

    @property
    def words(self) -> str:
        """For the operator."""
        if self.why == ROLLED_BACK:
            return f"back to policy {self.policy}, at {name(self.level)}"
        verb = "looks on" if self.level <= Level.SHADOW else "drives"
        return f"new policy {self.policy} {verb} from now on, at {name(self.level)}"


class Duty:
    """Asked at every boundary between two episodes, and only there does anything change."""

    def __init__(
        self,
        workspace: Workspace,
        policy: str | None,
        level: Level,
        follows: bool = True,
        on_relief: Callable[[Relief], object] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`follows` false keeps the policy that the operator has named."""
        self.policy, self.level, self.follows, self.on_relief = policy, level, follows, on_relief
        self._workspace, self._clock, self._highest = workspace, clock, level
        self._store, self._book = PolicyStore(workspace.policies_dir), LadderBook(workspace)
        self._overridden = policy is not None and level > self._book.ladder(policy).level
        self._back_to: str | None = None
        self._broken: set[str] = set()
        self._begin()

    def _begin(self) -> None:
        self.since = self._clock()
        self.episodes = 0
        """Episodes that ended since."""

    def episode_over(self) -> None:
        """Count an episode that was saved."""
        self.episodes += 1

    @property
    def words(self) -> str:
        """The policy, since when it drives, and over how many episodes; empty without one."""
        if self.policy is None:
            return ""
        at = time.strftime("%H:%M", time.localtime(self.since))
        many = f"{self.episodes} episode{'' if self.episodes == 1 else 's'}"
        return f"policy {self.policy} since {at}, {many}"

    def waiting(self) -> bool:
        """Whether somebody would take over now."""
        return self._back_to is not None or self._newcomer() is not None

    def relief(self) -> Relief | None:
        """Who takes over now, if anybody does; a few looks at the disk, but for the loading."""
        wanted, why = self._back_to, ROLLED_BACK
        if wanted is None:
            wanted, why = self._newcomer(), PASSED
        self._back_to = None
        if wanted is None:
            return None
        try:
            relief = self._relief(wanted, why)
        except PolicyError:  # damaged on the disk: the one that drives goes on
            self._broken.add(wanted)
            return None
        self.policy, self.level = wanted, relief.level
        self._begin()
        payload = {"policy": wanted, "before": relief.before, "why": why, "level": name(self.level)}
        Database(self._workspace.db_path).add_event(Event(EventKind.SWAP, payload))
        self.on_relief(relief)
        return relief

    def roll_back(self) -> str:
        """Set the policy on duty aside for good; the one before drives from the next episode on.

        Returns what to tell the operator. Nothing happens where there is none before.
        """
        if self._back_to is not None:
            return f"policy {self._back_to} drives from the next episode on"
        before = self.before()
        if self.policy is None or before is None:
            return "there is no policy to go back to"
        payload = {"policy": self.policy, "to": before, "created": self._clock()}
        self._store.set_aside(self.policy, payload)
        Database(self._workspace.db_path).add_event(Event(EventKind.SET_ASIDE, payload))
        self._back_to = before
        return f"policy {self.policy} is set aside: {before} drives from the next episode on"

    def before(self) -> str | None:
        """The policy that was on duty before the present one: by the events, else by number."""
        standing = [p for p in self._store.standing() if p != self.policy]
        swaps = Database(self._workspace.db_path).events(EventKind.SWAP)
        for swap in reversed(swaps):
            if swap.payload.get("policy") == self.policy and swap.payload.get("before") in standing:
                return str(swap.payload["before"])
        older = [p for p in standing if self.policy is not None and p < self.policy]
        return older[-1] if older else None

    def _newcomer(self) -> str | None:
        """The newest policy, if it came through the gate after the one on duty."""
        newest = self._store.newest() if self.follows else None
        if newest is None or newest in self._broken or newest == self.policy:
            return None
        if self.policy is not None and newest < self.policy:
            return None
        return newest if ruling_of(self._store.path(newest)) else None

    def _relief(self, wanted: str, why: str) -> Relief:
        config = self._workspace.config
        policy: Policy = self._store.load(wanted, config)
        return Relief(wanted, self.policy, Pilot(policy), self._level_of(wanted, why), why)

    def _level_of(self, wanted: str, why: str) -> Level:
        """What a policy has earned, but no more than the sitting began with.

        Where that was by the operator's override, it holds for the policy before, and a new one
        gets one level less; it is recorded like the first.
        """
        earned = self._book.admit(None, wanted)
        if not self._overridden:
            return min(self._highest, earned)
        lower = 0 if why == ROLLED_BACK else 1
        asked = Level(max(self._highest - lower, Level.DEMONSTRATE))
        return self._book.admit(max(asked, min(self._highest, earned)), wanted, override=True)
