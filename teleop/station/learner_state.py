"""`learner_state` says what the learner beside a session does, and what the gate ruled last."""

from ...datasets.workspace import Workspace
from ...sim_envs.errors import SidestickError
from ..learning.candidate_store import CandidateStore


def learner_state(workspace: Workspace) -> str:
    """One or two sentences, without a full stop; read from the workspace's folder.

    The learner may be writing there: what cannot be read now is left out.
    """
    try:
        staging = CandidateStore(workspace)
        begun, decisions = staging.plan(), staging.decisions()
        tested = staging.is_whole
    except SidestickError:
        return ""
    now = "the learner waits for new episodes"
    if begun is not None and tested:
        now = f"the gate tests a {begun.kind.value} now"
    elif begun is not None:
        now = f"the learner makes a {begun.kind.value} from {len(begun.episodes)} episodes now"
    if not decisions:
        return now
    last = decisions[-1]
    which = f"policy {last['policy']}" if last.get("policy") else "a candidate"
    return f"{now}; last ruling: {which}, {last.get('verdict', 'judged')}"
