"""An episode that people excluded stays where it is: it can be looked at, replayed and judged.

It is not trained on, calibrated with or exported, until the exclusion is taken back. What a policy
has shown in it stays evidence for or against that policy.
"""

from pathlib import Path

from ..summary import EpisodeSummary
from ..workspace import Workspace
from .judgement_state import resolved_by_episode
from .judgements import Judgements


def excluded_episodes(workspace: Workspace) -> frozenset[str]:
    """The ids of the episodes that people excluded."""
    return excluded_by(Judgements(workspace.db_path))


def excluded_by(judgements: Judgements) -> frozenset[str]:
    """The ids of the episodes that these judgements exclude."""
    states = resolved_by_episode(judgements)
    return frozenset(name for name, state in states.items() if state.excluded)


def used_episodes(workspace: Workspace) -> list[EpisodeSummary]:
    """The finished, readable episodes by time, without those that people excluded."""
    out = excluded_episodes(workspace)
    return [summary for summary in workspace.summaries() if summary.id not in out]


def used_files(workspace: Workspace) -> list[Path]:
    """The files of `used_episodes`."""
    return [summary.path for summary in used_episodes(workspace) if summary.path is not None]
