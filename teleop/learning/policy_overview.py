"""`read_overview` lists the policies of a workspace: origin, gate, level, evaluation, who drives.

`sidestick policies` shows it. It only reads, and names what is damaged.
"""

from dataclasses import dataclass
from typing import Any

from ...datasets.database import Database, EvaluationEntry
from ...datasets.workspace import Workspace
from ...policies.base.json_files import read_json
from ...policies.policy_choice import PolicyChoice, PolicyStanding, PolicyState
from ...policies.policy_config import CONFIG
from ...policies.statistics.rates import Rate
from ...policies.store import SET_ASIDE, PolicyStore
from ...sim_envs.errors import SidestickError
from ..autonomy.ladder_store import LadderStore
from ..session.levels import name

SELECTION = "selection"
"""Evaluations of this kind chose a checkpoint."""


@dataclass(frozen=True)
class PolicySummary:
    """One policy."""

    state: PolicyState
    standing: PolicyStanding
    made: float
    """When its folder was completed, time.time() in s."""
    level: str
    """The level that it has earned; empty where that cannot be said."""
    evaluation: EvaluationEntry | None
    """Its last evaluation on unseen seeds; None without one."""
    why_aside: str
    """Why it was set aside, as far as somebody said so."""
    problem: str
    """What is wrong with it; empty for a sound policy."""

    @property
    def rate(self) -> Rate | None:
        """Its success in the last evaluation."""
        found = self.evaluation
        return None if found is None else Rate(found.successes, found.episodes)

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        origin, record, rate = self.state.provenance, self.state.record, self.rate
        return {
            "policy": self.state.policy_id,
            "standing": self.standing.value,
            "drives_unasked": self.standing.drives,
            "made": self.made,
            "kind": None if origin is None else origin.kind,
            "round": None if origin is None else origin.round,
            "parent": None if origin is None else origin.parent,
            "trained_on": None if origin is None else len(origin.episodes),
            "gate": None if record is None else record.verdict.value,
            "compared_with": None if record is None else record.compared_with,
            "reasons": [] if record is None else list(record.reasons),
            "level": self.level or None,
            "evaluation": None
            if rate is None or self.evaluation is None
            else {
                "successes": rate.successes,
                "episodes": rate.n,
                "interval95": list(rate.interval95),
                "first_seed": self.evaluation.first_seed,
            },
            "why_set_aside": self.why_aside or None,
            "problem": self.problem or None,
        }


@dataclass(frozen=True)
class PolicyOverview:
    """All policies of a workspace."""

    policies: tuple[PolicySummary, ...]
    """Oldest first; those without a number before them."""
    choice: PolicyChoice | None
    """The one that drives unasked; None where none does."""
    nobody: str
    """Why none drives; empty where one does."""
    removed: tuple[str, ...]
    """Those that may be restored."""

    def to_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return {
            "policy": None if self.choice is None else self.choice.policy_id,
            "policy_choice": None if self.choice is None else self.choice.to_json(),
            "problem": self.nobody or None,
            "policies": [policy.to_json() for policy in self.policies],
            "removed": list(self.removed),
        }


def read_overview(workspace: Workspace) -> PolicyOverview:
    """The policies of a workspace."""
    store, choice, nobody = PolicyStore(workspace.policies_dir), None, ""
    try:
        choice = store.choose()
    except SidestickError as error:
        nobody = str(error)
    evaluations = {
        entry.policy: entry
        for entry in Database(workspace.db_path).evaluations()
        if entry.kind != SELECTION
    }
    ladders = LadderStore(workspace)
    policies = tuple(
        _summary(store, policy_id, standing, evaluations.get(policy_id), ladders)
        for policy_id, standing in store.standings().items()
    )
    return PolicyOverview(policies, choice, nobody, tuple(store.removed()))


def _summary(
    store: PolicyStore,
    policy_id: str,
    standing: PolicyStanding,
    evaluation: EvaluationEntry | None,
    ladders: LadderStore,
) -> PolicySummary:
    state, folder = store.state(policy_id), store.path(policy_id)
    problem, level, why = state.damage, "", ""
    try:
        level = "" if problem else name(ladders.ladder(policy_id).level)
        why = str(read_json(folder / SET_ASIDE).get("why", "")) if state.set_aside else ""
    except (SidestickError, OSError) as error:
        problem = str(error)
    made = (folder / CONFIG).stat().st_mtime
    return PolicySummary(state, standing, made, level, evaluation, why, problem)
