"""`PracticeRounds` runs rounds of practice: attempts, a candidate trained on them, and the gate.

`sidestick practice` and the quickstart call it. An interrupted round is resumed: recorded attempts
are not made again, a candidate that was begun is finished, and one that was decided on is
published or removed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...datasets.database import Database, EffortEntry, EventEntry
from ...datasets.effort_ledger import effort_entries
from ...datasets.workspace import Workspace
from ...policies.store import PolicyStore
from ..evaluation.rollouts import OnOutcome, Rollouts
from ..evaluation.seeds import practice_seeds
from .autonomous_practice import KIND, practise, recorded
from .candidate_store import describe_update
from .learner import Learner
from .learner_rules import LearnerRules
from .update_schedule import UpdateRules, UpdateTrigger
from .workspace_training import selection

RULES = LearnerRules(schedule=UpdateRules(first=1, refit=1), selection=20)
"""Any new episode makes a refit due; its checkpoint is chosen on 20 seeds."""


@dataclass(frozen=True)
class PracticeRound:
    """The result of one round of practice."""

    number: int
    attempts: int
    successes: int
    gate: EventEntry | None
    """The decision on the candidate; None where there was nothing new to learn from."""
    policy: str
    """The policy that drives from now on."""

    @property
    def label(self) -> str:
        """For people."""
        done = f"round {self.number}: {self.successes} of {self.attempts} succeeded; "
        if self.gate is None:
            return f"{done}nothing new to learn, policy {self.policy} goes on driving"
        decided = describe_update(self.gate)
        if self.gate.payload.get("passed"):
            return f"{done}{decided}"
        return f"{done}{decided}; policy {self.policy} goes on driving"

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        decision = {} if self.gate is None else self.gate.payload
        return {
            "round": self.number,
            "attempts": self.attempts,
            "successes": self.successes,
            "policy": self.policy,
            "passed": decision.get("passed"),
            "reasons": list(decision.get("reasons", ())),
        }


class PracticeRounds:
    """One workspace's rounds; the caller must hold the workspace as its only learner."""

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
        """The number of the next round: one more than the highest in the ledger."""
        return 1 + max((entry.round for entry in effort_entries(self._workspace)), default=0)

    def driver(self) -> str:
        """The policy that will practise; PolicyError where there is none."""
        return self._store.choose().policy_id

    def go_on(self) -> PracticeRound | None:
        """Finish an interrupted update; the round, if it was one of practice, else None."""
        event, last = self.learner.resume(), self._last()
        if event is not None and _trigger(event).source != KIND:
            self._notify(describe_update(event))
            event = None
        if event is None and last is not None and self._unlearnt(last.round):
            event = self.learner.step(UpdateTrigger(KIND, last.round))
        return None if event is None or last is None else self._round(last, event)

    def practise(self, episodes: int, on_outcome: OnOutcome = lambda _: None) -> PracticeRound:
        """Attempt `episodes` seeds, train on the successes, and let the gate decide."""
        number, policy = self.next(), self.driver()
        seeds = practice_seeds(number, episodes)
        practise(
            self._workspace, self._rollouts, policy, seeds, number, on_outcome,
            lambda _, error: self._notify(f"left out: {error}"),
        )  # fmt: skip
        entry = self._last()
        assert entry is not None
        return self._round(entry, self.learner.step(UpdateTrigger(KIND, number)))

    def _round(self, entry: EffortEntry, event: EventEntry | None) -> PracticeRound:
        successes = int(entry.payload.get("successes", 0))
        return PracticeRound(entry.round, entry.episodes, successes, event, self.driver())

    def _last(self) -> EffortEntry | None:
        """The ledger's last entry of practice."""
        entries = [entry for entry in self._database.efforts() if entry.kind == KIND]
        return entries[-1] if entries else None

    def _unlearnt(self, number: int) -> bool:
        """Whether a round recorded an episode that no candidate was trained on."""
        due = self.learner.due(UpdateTrigger(KIND, number))
        own = {s.id for s in recorded(self._workspace, practice_seeds(number))}
        return due is not None and not own.isdisjoint(due.fresh)


def _trigger(event: EventEntry) -> UpdateTrigger:
    occasion = event.payload.get("occasion", {})
    return UpdateTrigger(occasion.get("source", UpdateTrigger.source), occasion.get("round"))
