"""Rounds of practice: attempts, a candidate that learns from them, and the gate's ruling on it.

A round that was broken off is gone on with: attempts that were recorded are not made again, a
candidate that was begun is finished, and one that was decided on is settled by `candidate_store`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...datasets.database import Database, EffortEntry, EventEntry
from ...datasets.workspace import Workspace
from ...policies.store import PolicyStore
from ..evaluation.rollouts import OnOutcome, Rollouts
from ..evaluation.seeds import practice_seeds
from .autonomous_practice import KIND, practise, recorded
from .learner import Learner, LearnerRules, describe_update
from .update_schedule import UpdateRules, UpdateTrigger
from .workspace_training import selection

RULES = LearnerRules(planned_update=UpdateRules(first=1, refit=1), selection=20)
"""Any new episode makes a refit due; its checkpoint is chosen on so many seeds."""


@dataclass(frozen=True)
class PracticeRound:
    """What a round of practice came to."""

    number: int
    attempts: int
    successes: int
    gate: EventEntry | None
    """The ruling on the candidate; None where there was nothing new to learn from."""
    policy: str
    """Who drives from now on."""

    @property
    def label(self) -> str:
        """For people."""
        done = f"round {self.number}: {self.successes} of {self.attempts} succeeded; "
        if self.gate is None:
            return f"{done}nothing new to learn, policy {self.policy} goes on driving"
        ruled = describe_update(self.gate)
        if self.gate.payload["passed"]:
            return f"{done}{ruled}"
        return f"{done}{ruled}; policy {self.policy} goes on driving"

    def to_json(self) -> dict[str, Any]:
        """What scripts get."""
        ruling = {} if self.gate is None else self.gate.payload
        return {
            "round": self.number,
            "attempts": self.attempts,
            "successes": self.successes,
            "policy": self.policy,
            "passed": ruling.get("passed"),
            "reasons": list(ruling.get("reasons", ())),
        }


class PracticeRounds:
    """One workspace's rounds; whoever makes them must be the workspace's only learner."""

    def __init__(
        self,
        workspace: Workspace,
        rollouts: Rollouts,
        rules: LearnerRules = RULES,
        notify: Callable[[str], object] = lambda _: None,
    ) -> None:
        score = selection(rollouts, rules.selection) if rules.selection else None
        self.learner = Learner(workspace, rollouts.solves, rules, notify, score)
        self._workspace, self._rollouts, self._notify = workspace, rollouts, notify
        self._store, self._database = (
            PolicyStore(workspace.policies_dir),
            Database(workspace.db_path),
        )

    def next(self) -> int:
        """The number of the next round: one after all that the ledger has."""
        return 1 + max((entry.round for entry in self._database.efforts()), default=0)

    def driver(self) -> str:
        """The policy that will practise; PolicyError where there is none."""
        return self._store.latest()

    def go_on(self) -> PracticeRound | None:
        """Finish the learning that was broken off; the round, where it was one of practice."""
        event, last = self.learner.resume(), self._last()
        if event is not None and _occasion(event).source != KIND:
            self._notify(describe_update(event))
            event = None
        if event is None and last is not None and self._unlearnt(last.round):
            event = self.learner.step(UpdateTrigger(KIND, last.round))
        return None if event is None or last is None else self._round(last, event)

    def practise(self, episodes: int, on_outcome: OnOutcome = lambda _: None) -> PracticeRound:
        """Attempt, learn from what succeeded, and hear the gate."""
        number, policy = self.next(), self.driver()
        seeds = practice_seeds(number, episodes)
        practise(self._workspace, self._rollouts, policy, seeds, number, on_outcome)
        entry = self._last()
        assert entry is not None
        return self._round(entry, self.learner.step(UpdateTrigger(KIND, number)))

    def _round(self, entry: EffortEntry, event: EventEntry | None) -> PracticeRound:
        successes = int(entry.payload["successes"])
        return PracticeRound(entry.round, entry.episodes, successes, event, self.driver())

    def _last(self) -> EffortEntry | None:
        """The ledger's last entry of practice."""
        entries = [entry for entry in self._database.efforts() if entry.kind == KIND]
        return entries[-1] if entries else None

    def _unlearnt(self, number: int) -> bool:
        """Whether a round recorded something that no candidate was about."""
        due = self.learner.due(UpdateTrigger(KIND, number))
        own = {s.id for s in recorded(self._workspace, practice_seeds(number))}
        return due is not None and not own.isdisjoint(due.fresh)


def _occasion(event: EventEntry) -> UpdateTrigger:
    return UpdateTrigger(**event.payload.get("occasion", {}))
