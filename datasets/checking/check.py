"""`check` verifies every file of a workspace and returns a report, for `sidestick check`.

`Problem` names one bad file; export, import and merge report with it too.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from ...sim_envs.errors import DamagedFile
from ..config import WorkspaceConfig
from ..database import Database, EventKind
from ..episode import Episode
from ..files.durable import left_temporaries
from ..files.plain_log import plain_log
from ..files.plain_text import plain_text
from ..index import read_index
from ..journal_recovery import DAMAGED, EPISODE, JOURNAL, waiting
from ..judgements.exclusion import excluded_episodes
from ..judgements.judgements import Judgements
from ..summary import EpisodeSummary
from ..workspace import Workspace, own_summary
from .content_check import episode_problems
from .fit import goals_of, misfits
from .repair import episode_files, missing_episodes, present_episodes, repaired
from .warnings import FLAGGERS, Flag, Flagger, flags_of


class Problem(NamedTuple):
    """One file with a defect."""

    file: str
    """Its path in the workspace, or the name of the source's file or episode."""
    reason: str
    """What is wrong with it."""

    @classmethod
    def of(cls, folder: Path, path: Path, error: object) -> Self:
        """The problem of a file, named relative to `folder`; the reason omits the path."""
        name, reason = path.relative_to(folder).as_posix(), str(error).removeprefix(f"{path}: ")
        return cls(plain_text(name), plain_text(reason))


_log = plain_log(__name__)

__all__ = ["CheckReport", "Problem", "check", "checked", "episode_problems"]


@dataclass(frozen=True)
class CheckReport:
    """The result of a check; damaged files are counted only in `damaged`."""

    episodes: int
    """Number of finished, valid episodes."""
    steps: int
    """Sum of their steps."""
    complete: int
    """How many of them were recorded to their end; the recording of the others broke off."""
    damaged: tuple[Problem, ...]
    """Defects, each with its file."""
    recovered: int
    """Number of episodes that this check recovered from journals."""
    pending: int
    """Number of journals left: being recorded, or waiting for a repair."""
    flagged: Mapping[str, tuple[Flag, ...]]
    """Flags of valid episodes that should be reviewed, by episode id; the check still passes."""

    @property
    def ok(self) -> bool:
        """True when nothing is damaged and no journal is left."""
        return not self.damaged and not self.pending

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON-compatible dict."""
        damaged = [problem._asdict() for problem in self.damaged]
        flagged = {name: [f._asdict() for f in flags] for name, flags in self.flagged.items()}
        return {**asdict(self), "damaged": damaged, "flagged": flagged}


BEGINNINGS = (EventKind.ON_TRIAL, EventKind.DRIVING)
"""Events of episodes as they begin: one that ended before its first step has no file."""


def check(
    workspace: Workspace,
    repair: bool = False,
    flaggers: Mapping[str, Flagger] = FLAGGERS,
    tick: Callable[[str], None] = lambda _: None,
) -> CheckReport:
    """Read and verify every episode; `repair` first converts left journals and updates the index.

    `tick` is called once per episode file.
    """
    recovered = repaired(workspace) if repair else 0
    sound: list[EpisodeSummary] = []
    damaged: list[Problem] = []
    flagged: dict[str, tuple[Flag, ...]] = {}
    goals: int | None = None
    out = _excluded(workspace)
    for path in episode_files(workspace):
        try:
            episode = checked(path, workspace.config, None if path.stem in out else goals)
        except DamagedFile as error:
            damaged.append(Problem.of(workspace.path, path, error))
        else:
            goals = goals if path.stem in out else goals_of(episode)
            sound.append(episode.summary)
            if flags := flags_of(episode, flaggers):
                flagged[episode.summary.id] = flags
        tick(path.stem)
    damaged += [*_index_problems(workspace), *_database_problems(workspace), *_orphans(workspace)]
    return CheckReport(
        episodes=len(sound),
        steps=sum(summary.steps for summary in sound),
        complete=sum(summary.complete for summary in sound),
        damaged=tuple(damaged),
        recovered=recovered,
        pending=len(waiting(workspace.journal_dir)),
        flagged=flagged,
    )


def _excluded(workspace: Workspace) -> frozenset[str]:
    """The ids of the excluded episodes; none where the database, named below, cannot be read."""
    try:
        return excluded_episodes(workspace)
    except DamagedFile:
        return frozenset()


def checked(path: Path, config: WorkspaceConfig, goals: int | None = None) -> Episode:
    """Read an episode and verify it; raise DamagedFile with the first defect.

    It has to fit the workspace, and the length of the other episodes' `goals` where it is given.
    """
    if path.suffix != EPISODE:
        raise DamagedFile(f"{path}: not an episode file")
    own_summary(path)
    episode = Episode.read(path)
    problems = itertools.chain(episode_problems(episode), misfits(episode, config, goals))
    if problem := next(problems, None):
        raise DamagedFile(f"{path}: {problem}")
    return episode


def _index_problems(workspace: Workspace) -> Iterator[Problem]:
    """Yield what is wrong with dataset.hdf5."""
    path, episodes = workspace.index_path, workspace.episodes()
    if not path.exists():
        if episodes:
            yield Problem.of(workspace.path, path, "missing; a repair rebuilds it")
        return
    try:
        linked = [workspace.path / name for name in read_index(path)]
    except DamagedFile as error:
        yield Problem.of(workspace.path, path, f"{error}; a repair rebuilds it")
        return
    if linked != episodes:
        nowhere = [link.name for link in linked if not link.exists()]
        where = f", no file at {', '.join(nowhere)}" if nowhere else ""
        reason = f"links {len(linked)} episodes, there are {len(episodes)}{where}"
        yield Problem.of(workspace.path, path, f"{reason}; a repair rebuilds it")


def _database_problems(workspace: Workspace) -> Iterator[Problem]:
    """Yield what is wrong with sidestick.db, and the episodes it names that do not exist."""
    database, path = Database(workspace.db_path), workspace.db_path
    try:
        reasons = Judgements(workspace.db_path).problems()
        events = [event for event in database.events() if event.kind not in BEGINNINGS]
        named = {str(e.payload["episode"]) for e in events if "episode" in e.payload}
        missing = missing_episodes(workspace)
    except (DamagedFile, ValueError, TypeError) as error:
        yield Problem.of(workspace.path, path, error)
        return
    here = present_episodes(workspace)
    reasons += [f"names episode {name}, which does not exist" for name in sorted(named - here)]
    if missing > 0:
        reasons.append(
            f"the ledger counts {missing} successful episodes more than there are files; "
            "if they were removed on purpose, a repair records that"
        )
    for reason in reasons:
        yield Problem.of(workspace.path, path, reason)


def _orphans(workspace: Workspace) -> Iterator[Problem]:
    """Yield journals that cannot be read, and half-written files of dead processes."""
    for path in sorted(workspace.journal_dir.glob(f"*{DAMAGED}")):
        yield Problem.of(workspace.path, path, "a journal that cannot be read")
    for folder in (workspace.episodes_dir, workspace.trash_dir):
        for path, stem in left_temporaries(folder, EPISODE):
            if not (workspace.journal_dir / f"{stem}{JOURNAL}").exists():
                reason = "half written and left behind; a repair removes it"
                yield Problem.of(workspace.path, path, reason)
