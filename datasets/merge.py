"""This module merges several workspaces of one task into one, for `sidestick merge`.

Episodes keep their files and ids, which are unique: only the index is renumbered. Database rows
about episodes are copied with their origin; policies and levels are not. Outcomes of evaluations
are, by the policy's content: `sidestick evaluate` counts them together.
"""

import filecmp
import shutil
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..sim_envs.errors import DamagedFile, WorkspaceError
from .checking.check import Problem, checked
from .checking.fit import first_goals, goals_of
from .checking.repair import episode_files
from .database import Database, EffortEntry, EventEntry, EventKind
from .database_copy import copied_database
from .effort_ledger import uncounted
from .files.durable import copy_file
from .finished_jobs import merge_finished
from .journal_recovery import EPISODE
from .judgements.exclusion import excluded_by
from .judgements.judgement import UNDO, Judgement
from .judgements.judgements import Judgements
from .origins import ARRIVALS, ORIGIN, origins_of
from .trash import REMOVED, Trash
from .workspace import Workspace
from .workspace_place import CONFIG_FILE

WEIGHTS = "@"
"""Between the number of another workspace's policy and the fingerprint of its weights."""
KEPT = (*ARRIVALS, EventKind.MISSING)
"""Events about many episodes, always copied; others are copied when they name an episode."""


@dataclass(frozen=True)
class Merged:
    """The report of a merge."""

    path: str
    """The target workspace."""
    taken: dict[str, tuple[str, ...]]
    """Ids of the copied episodes, by their source workspace."""
    already: int
    """Number of identical episodes that the target had already."""
    outcomes: int
    """Number of outcomes of evaluations that were copied."""
    skipped: tuple[Problem, ...]
    """Unreadable files, and ids that belong to another episode in the target."""

    @property
    def episodes(self) -> int:
        """Number of copied episodes."""
        return sum(len(ids) for ids in self.taken.values())

    def to_json(self) -> dict[str, Any]:
        """The report as JSON takes it."""
        skipped = [problem._asdict() for problem in self.skipped]
        return {**asdict(self), "episodes": self.episodes, "skipped": skipped}


def merge(
    sources: Sequence[Path | str], into: Path | str, tick: Callable[[str], None] = lambda _: None
) -> Merged:
    """Copy the episodes of the sources into a workspace, which is made if it is new.

    The sources are only read. Repeated, it continues where it was interrupted.
    """
    opened = [Workspace.open(source) for source in sources]
    if not opened:
        raise WorkspaceError("no workspace to merge")
    target = _target(opened, into)
    lock = target.lock()
    try:
        merging = _Merging(target, tick)
        for source in opened:
            merging.take(source)
        target.rebuild_index()
    except OSError as error:
        raise WorkspaceError(
            f"{target.path}: cannot be written: {error}; every episode in it is complete, "
            "merge again to go on"
        ) from error
    finally:
        lock.release()
    return merging.report()


def _target(sources: Sequence[Workspace], into: Path | str) -> Workspace:
    """Open or make the workspace to merge into, after checking that all sources fit."""
    exists = (Path(into) / CONFIG_FILE).exists()
    config = Workspace.open(into).config if exists else sources[0].config
    for source in sources:
        if differences := config.differences(source.config, exact=True):
            raise WorkspaceError(
                f"{source.path} does not fit into {into}: that has {'; '.join(differences)}"
            )
        if source.path.resolve() == Path(into).resolve():
            raise WorkspaceError(f"{source.path}: cannot be merged into itself")
    return Workspace.open_or_create(into, config)


class _Merging:
    """A merge in progress; takes one workspace after the other."""

    def __init__(self, target: Workspace, tick: Callable[[str], None]) -> None:
        self._target, self._tick = target, tick
        self._database = Database(target.db_path)
        self._taken: dict[str, tuple[str, ...]] = {}
        self._already, self._outcomes = 0, 0
        self._same: set[str] = set()
        """Ids of the current source's episodes that are identical in the target."""
        self._skipped: list[Problem] = []
        self._goals = first_goals(target)
        self._origins = origins_of(self._database)
        self._own = {path.stem for path in episode_files(target)} - self._origins.keys()
        self._removed = Trash(target).removed()
        self._excluded: frozenset[str] = frozenset()
        """Ids of the current source's episodes that are excluded there: no measure for others."""

    def report(self) -> Merged:
        """The report so far."""
        path = str(self._target.path)
        return Merged(path, self._taken, self._already, self._outcomes, tuple(self._skipped))

    def take(self, source: Workspace) -> None:
        """Copy a workspace's episodes, then its database rows about them."""
        origin = str(source.path.resolve())
        self._same = set()
        files = episode_files(source)
        self._outcomes += merge_finished(source.outcomes_dir, self._target.outcomes_dir)
        with copied_database(source.db_path) as database:
            self._excluded = excluded_by(Judgements(database))
            ids = [path.stem for path in files if self._copied(source, path, origin)]
            self._taken[origin] = tuple(ids)
            self._copy_discarded(source, database)
            self._copy_events(database, origin)
            self._copy_judgements(database, self._same)

    def _copied(self, source: Workspace, path: Path, origin: str) -> bool:
        """Copy an episode's file, and note before where it comes from; False when it was not."""
        target = self._target.episodes_dir / path.name
        self._tick(path.stem)
        out = path.stem in self._excluded
        try:
            measure = None if out else self._goals
            goals = goals_of(checked(path, self._target.config, measure))
        except DamagedFile as error:
            name = f"{source.path.name}/{path.name}"
            self._skipped.append(Problem(name, str(error).removeprefix(f"{path}: ")))
            return False
        if path.stem in self._removed:
            self._skipped.append(Problem(f"{source.path.name}/{path.name}", REMOVED))
            return False
        if not target.exists():
            self._note_origin(path.stem, origin)
            copy_file(path, target)
            shutil.copystat(path, target)
            self._same.add(path.stem)
            self._goals = self._goals if out else goals
            return True
        if filecmp.cmp(path, target, shallow=False):
            self._already += 1
            self._same.add(path.stem)
        else:
            reason = "another episode has this id here; it was left out"
            self._skipped.append(Problem(f"{source.path.name}/{path.name}", reason))
        return False

    def _note_origin(self, episode: str, origin: str) -> None:
        """Store where an episode comes from, unless a killed merge has."""
        if self._origins.get(episode) != origin:
            payload = {ORIGIN: origin, "episodes": [episode]}
            self._database.add_event(EventEntry(EventKind.MERGE, payload))

    def _without_own(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """An arrival's payload without the episodes that were recorded here: they came back."""
        names = [name for name in payload.get("episodes", ()) if name not in self._own]
        return {**payload, "episodes": names}

    def _copy_discarded(self, source: Workspace, database: Path) -> None:
        """Copy the discarded episodes that are in no entry of the ledger: their time counts."""
        for begun in uncounted(Database(database)):
            name = f"{begun.episode}{EPISODE}"
            path, target = source.trash_dir / name, self._target.trash_dir / name
            if path.exists() and not target.exists():
                copy_file(path, target)
                shutil.copystat(path, target)

    def _copy_judgements(self, database: Path, episodes: Container[str]) -> None:
        """Copy the judgements of these episodes, once; an undo refers to the copy."""
        ours, numbers = Judgements(self._target.db_path), dict[int, int]()
        here = {_judgement_key(given): given.id for given in ours.all()}
        for given in Judgements(database).all():
            undone = numbers.get(given.payload["of"]) if given.kind == UNDO else None
            if given.episode not in episodes or (given.kind == UNDO and undone is None):
                continue
            moved = given if undone is None else replace(given, payload={"of": undone})
            if _judgement_key(given) not in here:
                here[_judgement_key(given)] = ours.copy(moved).id
            numbers[given.id] = here[_judgement_key(given)]

    def _copy_events(self, database: Path, origin: str) -> None:
        """Copy the effort and the events that name an episode, each with its origin, once."""
        theirs = Database(database)
        have = {_row_key(row) for row in self._database.events()}
        have |= {_row_key(row) for row in self._database.efforts()}
        for event in theirs.events():
            if "episode" in event.payload or event.kind in KEPT:
                moved = replace(event, payload={ORIGIN: origin, **_asleep(event)})
                if event.kind in ARRIVALS:
                    moved = replace(moved, payload=self._without_own(moved.payload))
                if _row_key(moved) not in have and moved.payload.get("episodes") != []:
                    self._database.copy_event(moved)
        for effort in theirs.efforts():
            moved_effort = replace(effort, payload={ORIGIN: origin, **effort.payload})
            if _row_key(moved_effort) not in have:
                self._database.add_effort(moved_effort)


def _asleep(event: EventEntry) -> dict[str, Any]:
    """An event's payload with the source's policy by its weights: numbers are given anew here.

    So the evidence never counts for another policy of the same number.
    """
    payload = dict(event.payload)
    if event.kind not in (EventKind.TRIAL, EventKind.ON_TRIAL):
        return payload
    policy, weights = payload.get("policy"), payload.get("fingerprint")
    if isinstance(policy, str) and policy and WEIGHTS not in policy:
        payload["policy"] = f"{policy}{WEIGHTS}{weights or 'unknown'}"
    return payload


def _judgement_key(given: Judgement) -> tuple[object, ...]:
    """What identifies a judgement independent of its number."""
    return (given.created, given.operator, given.episode, given.kind, given.start, given.stop)


def _row_key(row: EffortEntry | EventEntry) -> tuple[object, ...]:
    """What identifies a row of the database."""
    return (type(row).__name__, row.kind, row.created)
