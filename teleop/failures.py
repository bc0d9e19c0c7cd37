"""Practice's failures that are still open: the situations in which a person is worth asking."""

from collections.abc import Iterable, Mapping

from ..datasets.database import Database, Effort
from ..datasets.step import Level
from ..datasets.workspace import Workspace
from .learning import judged_summaries
from .practice import KIND

ASKS = frozenset({Level.SUPERVISED, Level.ON_CALL})
"""Levels at which a person is there for what the policy cannot do."""


def open_failures(workspace: Workspace) -> tuple[int, ...]:
    """Seeds that practice failed on and no later episode has solved, as people judge them."""
    solved: dict[int, float] = {}
    for summary in judged_summaries(workspace):
        header = summary.header
        solved[header.seed] = max(header.started, solved.get(header.seed, 0.0))
    return tuple(unsolved(Database(workspace.db_path).efforts(), solved))


def unsolved(efforts: Iterable[Effort], solved: Mapping[int, float]) -> list[int]:
    """Seeds that practice failed on and nobody has solved since, of the latest practice first.

    `solved` says when the last episode began that solved a seed, time.time() in s.
    """
    practice = [effort for effort in efforts if effort.kind == KIND]
    found: dict[int, None] = {}
    for effort in sorted(practice, key=lambda effort: effort.created, reverse=True):
        for seed in effort.payload.get("failed_seeds", ()):
            if solved.get(seed, 0.0) < effort.created:
                found[int(seed)] = None
    return list(found)
