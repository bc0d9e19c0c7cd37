"""`rule` lets the gate judge one candidate against the present policy of a workspace.

The learner calls it with a candidate in the staging folder, the command line with a published
policy; both must hold the workspace as its only learner. First come the losses on held-out
episodes, which cost little, then seeds that candidate and opponents drive alone.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...datasets.database import Database
from ...datasets.workspace import Workspace
from ...policies.gate_record import GateRecord, GateVerdict
from ...policies.store import PolicyStore
from .acceptance_gate import AcceptanceCriteria, GateTest, decide
from .gate_pairs import GatePair, GatePairs

Drives = Callable[[Path, int], bool]
"""Whether the policy in a folder solves a seed, driving alone."""
OnPair = Callable[[GateTest], object]
"""Hears of every pair; an error that it raises ends the ruling, which may go on later."""


def rule(
    workspace: Workspace,
    drives: Drives,
    candidate: Path,
    present: str | None,
    rules: AcceptanceCriteria,
    on_pair: OnPair = lambda _: None,
) -> GateRecord:
    """The gate's decision on the policy in the folder `candidate`; it is not written there.

    `present` is the number of the policy that it would replace; None where there is none. A ruling
    that was killed goes on with its own seeds. A candidate whose folder has a record that says
    undecided, against the same opponents, drives on for as many pairs more.
    """
    if present is None:
        return GateRecord(GateVerdict.FIRST, ("it is the first policy",))
    from .held_out_losses import compared_losses  # it loads PyTorch

    store = PolicyStore(workspace.policies_dir)
    reference = reference_of(store, present)
    losses, held = compared_losses(workspace, candidate, store.path(present))
    details: dict[str, Any] = {"held_out_episodes": held}
    verdict, reasons = decide(losses, None, rules)
    if verdict is not GateVerdict.WORSE:
        opponents = tuple(dict.fromkeys((present, reference)))
        pairs = GatePairs.open(candidate, opponents, rules)
        test = _drive(workspace, drives, candidate, pairs, rules, on_pair)
        verdict, reasons = decide(losses, test, rules)
        details |= {
            "seeds": [pairs.first, pairs.count],
            "pairs": test.pairs,
            "candidate_solved": test.solved,
            "margin": pairs.margin,
            "alpha": pairs.alpha,
        }
    kept = None if verdict is GateVerdict.BETTER else reference
    return GateRecord(verdict, reasons, present, kept, details)


def _drive(
    workspace: Workspace,
    drives: Drives,
    candidate: Path,
    pairs: GatePairs,
    rules: AcceptanceCriteria,
    on_pair: OnPair,
) -> GateTest:
    """Drive pairs until everything is decided, or nothing more can be within the budget."""
    store, database = PolicyStore(workspace.policies_dir), Database(workspace.db_path)
    test, record = pairs.test(rules), GateRecord.read(candidate)
    ended = record is not None and record.compared_with == pairs.opponents[0]
    if not pairs.count or (ended and test.verdict is GateVerdict.UNDECIDED):
        pairs.draw(rules.pairs, database)
        test = pairs.test(rules)
    for seed in pairs.seeds_left:
        opponents = test.opponents_left()
        if not opponents:
            break
        solved = drives(candidate, seed)
        others = {name: drives(store.path(name), seed) for name in opponents}
        pairs.add(GatePair(seed, solved, others))
        test.add(solved, others)
        on_pair(test)
    return test


def reference_of(store: PolicyStore, policy: str) -> str:
    """The last policy that was shown to be better, or was the first, before or at `policy`.

    Records of earlier versions do not name it; there it is the first policy that their records
    lead back to.
    """
    known, passed = set(store.ids()), set[str]()
    while policy not in passed:
        passed.add(policy)
        record = GateRecord.read(store.path(policy))
        if record is None or record.verdict in (GateVerdict.FIRST, GateVerdict.BETTER):
            return policy
        if record.reference in known:
            return str(record.reference)
        if record.compared_with not in known:
            return policy
        policy = str(record.compared_with)
    return policy
