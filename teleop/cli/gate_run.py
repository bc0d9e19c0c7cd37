"""`run_gate` lets the gate decide on a published policy, with a progress bar.

`sidestick train` and `sidestick policies --gate` call it.
"""

from dataclasses import replace
from pathlib import Path

from ...datasets.workspace import Workspace
from ...policies.base.device import CPU
from ...policies.engines.job import Engine
from ...policies.gate_record import GateRecord, GateVerdict
from ...policies.store import PolicyStore
from ...sim_envs.errors import SidestickError
from ..evaluation.rollouts import Rollouts
from ..learning.acceptance_gate import AcceptanceCriteria, GateTest
from ..learning.background_process import only_learner
from ..learning.published_ruling import present_beside, rule_published
from .chosen_policy import shown
from .console import progress, say
from .subcommand import DONE, FOUND, INTERRUPTED


def criteria(pairs: int | None) -> AcceptanceCriteria:
    """The gate's criteria with a budget of pairs, its own unless given; BadValue for too few."""
    usual = AcceptanceCriteria()
    return usual if pairs is None else replace(usual, pairs=pairs)


def gate_after_training(
    workspace: Workspace, policy_id: str, wanted: bool, pairs: int | None, engine: Engine
) -> tuple[int, GateRecord | None]:
    """Let the gate decide on a new policy and say what it found; exit code and decision.

    A first policy has none to be compared with, `wanted` or not. A gate that was interrupted, or
    could not begin, leaves the policy as it is.
    """
    later = f"`sidestick policies {shown(workspace)} --gate {policy_id}`"
    if not wanted and present_beside(PolicyStore(workspace.policies_dir), policy_id) is not None:
        say(f"policy {policy_id} is published; it does not drive until {later}, or --pin")
        return DONE, None
    try:
        record = run_gate(workspace, policy_id, pairs, engine)
    except (SidestickError, KeyboardInterrupt) as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        why = "interrupted" if interrupted else str(error)
        say(f"policy {policy_id} is published and not compared; {later} goes on ({why})")
        return (INTERRUPTED if interrupted else FOUND), None
    if record.verdict is not GateVerdict.FIRST:
        say(verdict_line(workspace, policy_id, record))
    return DONE, record


def run_gate(
    workspace: Workspace, policy_id: str, pairs: int | None, engine: Engine, device: str = CPU
) -> GateRecord:
    """The gate's decision on a policy; WorkspaceError where a learner runs."""
    rules = criteria(pairs)
    if present_beside(PolicyStore(workspace.policies_dir), policy_id) is None:
        return rule_published(workspace, _never, policy_id, rules)
    with (
        only_learner(workspace),
        Rollouts(workspace.config, engine, device, workspace.outcomes_dir) as rollouts,
        progress(f"the gate on {device}: policy {policy_id}", rules.pairs) as tick,
    ):

        def on_pair(test: GateTest) -> None:
            tick(f"{test.solved} of {test.pairs} solved")

        return rule_published(workspace, rollouts.solves, policy_id, rules, on_pair)


def _never(policy: Path, seed: int) -> bool:
    raise AssertionError(f"{policy} drove seed {seed}, and has none to be compared with")


def verdict_line(workspace: Workspace, policy_id: str, record: GateRecord) -> str:
    """The gate's decision for people, and what could be done where it decided nothing."""
    beside = "" if record.compared_with is None else f" than policy {record.compared_with}"
    than = beside if record.verdict in (GateVerdict.BETTER, GateVerdict.WORSE) else ""
    line = f"the gate: policy {policy_id} is {record.verdict.value}{than}"
    if record.reasons and record.verdict is not GateVerdict.FIRST:
        line += f": {'; '.join(record.reasons)}"
    if record.verdict is GateVerdict.UNDECIDED:
        line += f". `sidestick policies {shown(workspace)} --gate {policy_id}` drives more seeds"
    return line
