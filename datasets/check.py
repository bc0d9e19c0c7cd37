"""Checks a workspace: every file, every checksum, every count; a problem has file and reason."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..sim_envs.errors import DamagedFile
from .conversion import DAMAGED, EPISODE, JOURNAL
from .episode import Episode
from .index import read_index
from .packing import LIMIT
from .schema import columns
from .summary import EpisodeSummary
from .workspace import Workspace, own_summary


class Problem(NamedTuple):
    """One file that is not as it should be."""

    file: str
    """Its path in the workspace."""
    reason: str
    """What is wrong with it."""


@dataclass(frozen=True)
class CheckReport:
    """What a check found; damaged files are counted nowhere but in `damaged`."""

    episodes: int
    """Finished, whole episodes."""
    steps: int
    """Their steps together."""
    complete: int
    """How many of them were recorded to their end; the others broke off."""
    damaged: tuple[Problem, ...]
    """What is wrong, with its file."""
    recovered: int
    """Episodes that this check made of journals that a crash had left."""
    pending: int
    """Journals left: being recorded just now, or waiting for a repair."""

    @property
    def ok(self) -> bool:
        """True when nothing is damaged and nothing waits for a repair."""
        return not self.damaged and not self.pending

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON takes it."""
        damaged = [problem._asdict() for problem in self.damaged]
        return {**asdict(self), "damaged": damaged}


def check(workspace: Workspace, repair: bool = False) -> CheckReport:
    """Read every episode whole; `repair` first converts what a crash left and renews the index."""
    recovered = len(workspace.recover()) if repair else 0
    sound: list[EpisodeSummary] = []
    damaged: list[Problem] = []
    for path in sorted(workspace.episodes_dir.glob("[!.]*")):
        try:
            sound.append(_checked(path))
        except DamagedFile as error:
            damaged.append(_problem(workspace, path, str(error)))
    damaged += _index_problems(workspace)
    for path in sorted(workspace.journal_dir.glob(f"*{DAMAGED}")):
        damaged.append(_problem(workspace, path, "a journal that cannot be read"))
    return CheckReport(
        episodes=len(sound),
        steps=sum(summary.steps for summary in sound),
        complete=sum(summary.complete for summary in sound),
        damaged=tuple(damaged),
        recovered=recovered,
        pending=len(list(workspace.journal_dir.glob(f"*{JOURNAL}"))),
    )


def episode_problems(episode: Episode) -> Iterator[str]:
    """Yield what is wrong with the content of an episode whose layout is right."""
    table = {column.key: column for column in columns(()) if not column.nan}
    for key, values in episode.columns.items():
        if key in table and not np.isfinite(values).all():
            yield f"{key}: holds values that are not finite"
    if np.abs(episode.actions).max() > LIMIT:
        yield "actions: outside [-1, 1]"


def _checked(path: Path) -> EpisodeSummary:
    """Read an episode whole, keep its summary; raise DamagedFile with what is wrong."""
    if path.suffix != EPISODE:
        raise DamagedFile(f"{path}: not an episode file")
    summary = own_summary(path)
    problem = next(episode_problems(Episode.read(path)), None)
    if problem:
        raise DamagedFile(f"{path}: {problem}")
    return summary


def _index_problems(workspace: Workspace) -> Iterator[Problem]:
    """Yield what is wrong with dataset.hdf5."""
    path, episodes = workspace.index_path, workspace.episodes()
    if not path.exists():
        if episodes:
            yield _problem(workspace, path, "missing; a repair makes it")
        return
    try:
        linked = [workspace.path / name for name in read_index(path)]
    except DamagedFile as error:
        yield _problem(workspace, path, f"{error}; a repair makes it anew")
        return
    if linked != episodes:
        reason = f"links {len(linked)} episodes, there are {len(episodes)}; a repair makes it anew"
        yield _problem(workspace, path, reason)


def _problem(workspace: Workspace, path: Path, reason: str) -> Problem:
    """Name a file as the workspace does, and leave its name out of the reason."""
    return Problem(path.relative_to(workspace.path).as_posix(), reason.removeprefix(f"{path}: "))
