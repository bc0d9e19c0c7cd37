"""`rule_published` lets the gate decide whether a published policy may drive unasked.

`sidestick train`, `sidestick policies --gate` and the quickstart call it; the caller must hold the
workspace as its only learner.
"""

from ...datasets.database import Database
from ...datasets.workspace import Workspace
from ...policies.gate_record import GateRecord
from ...policies.policy_choice import number_of
from ...policies.store import PolicyStore
from ...sim_envs.errors import PolicyError
from .acceptance_gate import AcceptanceCriteria
from .candidate_store import gate_event
from .gate_ruling import Drives, OnPair, rule


def present_beside(store: PolicyStore, policy_id: str) -> str | None:
    """The policy that a policy would replace: the one that drives, leaving it out; None without."""
    pinned = store.pinned()
    if pinned is not None and pinned != policy_id:
        return pinned
    others = (name for name, found in store.standings().items() if found.drives)
    return next((name for name in reversed([*others]) if name != policy_id), None)


def rule_published(
    workspace: Workspace,
    drives: Drives,
    policy_id: str,
    rules: AcceptanceCriteria,
    on_pair: OnPair = lambda _: None,
) -> GateRecord:
    """The gate's decision on a policy, in its folder and as an event of the database.

    A ruling that was interrupted goes on; an undecided one drives more seeds. PolicyError for a
    policy that a decision could not let drive: one without a number, or damaged.
    """
    store = PolicyStore(workspace.policies_dir)
    folder = store.path(policy_id)
    if number_of(policy_id) is None:
        raise PolicyError(
            f"{folder}: only policies with a number are chosen unasked; "
            f"`--policy {policy_id}` names this one, `sidestick policies WS --pin {policy_id}`"
            " lets it drive"
        )
    record = rule(workspace, drives, folder, present_beside(store, policy_id), rules, on_pair)
    record.write(folder)
    Database(workspace.db_path).add_event(gate_event(record, policy_id))
    return record
