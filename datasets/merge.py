"""Several workspaces into one: several operators, several machines, one task.

Episodes keep their files and ids, which are unique: nothing is numbered anew but the index. What
the database tells of episodes comes along with its origin; policies, evaluations and levels stay
where they were earned.
"""

import filecmp
import shutil
from collections.abc import Callable, Container, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..sim_envs.errors import DamagedFile, WorkspaceError
from .checking.check import Problem, episode_files
from .database import Database, EffortEntry, EventEntry, EventKind
from .durable import copy_file
from .journal_recovery import EPISODE
from .judgements.judgements import UNDO, Judgement, Judgements
from .workspace import CONFIG_FILE, Workspace, own_summary

ORIGIN = "origin"
KEPT = (EventKind.MERGE, EventKind.IMPORT, EventKind.MISSING)
"""Events about many episodes; others come along when they speak of one."""


@dataclass(frozen=True)
class Merged:
    """What a merge did."""

    path: str
    """The workspace that everything went into."""
    taken: dict[str, tuple[str, ...]]
    """Episodes that came in, by the workspace that they came from."""
    already: int
    """Episodes that were there, byte for byte."""
    skipped: tuple[Problem, ...]
    """Files that cannot be read, and ids that mean something else here."""

    @property
    def episodes(self) -> int:
        """How many came in."""
        return sum(len(ids) for ids in self.taken.values())

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON takes it."""
        skipped = [problem._asdict() for problem in self.skipped]
        return {**asdict(self), "episodes": self.episodes, "skipped": skipped}


def merge(
    sources: Sequence[Path | str], into: Path | str, tick: Callable[[str], None] = lambda _: None
) -> Merged:
    """Bring the episodes of the sources into a workspace, which is made if it is new.

    The sources are only read. Done again, it goes on where it was interrupted.
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
            f"{target.path}: cannot be written: {error}; every episode in it is whole, "
            "merge again to go on"
        ) from error
    finally:
        lock.release()
    return merging.report()


def _target(sources: Sequence[Workspace], into: Path | str) -> Workspace:
    """Open or make the workspace to merge into, once it is sure that all sources fit into it."""
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
    """Takes one workspace after the other."""

    def __init__(self, target: Workspace, tick: Callable[[str], None]) -> None:
        self._target, self._tick = target, tick
        self._database = Database(target.db_path)
        self._taken: dict[str, tuple[str, ...]] = {}
        self._already = 0
        self._same: set[str] = set()
        """Ids of the present source's episodes that are here, byte for byte."""
        self._skipped: list[Problem] = []

    def report(self) -> Merged:
        """Return what was done."""
        path = str(self._target.path)
        return Merged(path, self._taken, self._already, tuple(self._skipped))

    def take(self, source: Workspace) -> None:
        """Take a workspace's episodes, then what its database tells of them."""
        origin = str(source.path.resolve())
        self._same = set()
        ids = [path.stem for path in episode_files(source) if self._copied(source, path)]
        self._taken[origin] = tuple(ids)
        known = self._database.events(EventKind.MERGE)
        noted = {name for event in known for name in event.payload.get("episodes", ())}
        here = {path.stem for path in episode_files(self._target)}
        came = [path.stem for path in episode_files(source) if path.stem in here]
        if fresh := [name for name in came if name not in noted]:
            self._database.add_event(
                EventEntry(EventKind.MERGE, {ORIGIN: origin, "episodes": fresh})
            )
        self._bring_events(source, origin)
        self._bring_judgements(source, self._same)

    def _copied(self, source: Workspace, path: Path) -> bool:
        """Copy an episode's file whole; False when it stays out."""
        target = self._target.episodes_dir / path.name
        self._tick(path.stem)
        try:
            if path.suffix != EPISODE:
                raise DamagedFile(f"{path}: not an episode file")
            own_summary(path)
        except DamagedFile as error:
            name = f"{source.path.name}/{path.name}"
            self._skipped.append(Problem(name, str(error).removeprefix(f"{path}: ")))
            return False
        if not target.exists():
            copy_file(path, target)
            shutil.copystat(path, target)
            self._same.add(path.stem)
            return True
        if filecmp.cmp(path, target, shallow=False):
            self._already += 1
            self._same.add(path.stem)
        else:
            reason = "another episode has this id here; it was left out"
            self._skipped.append(Problem(f"{source.path.name}/{path.name}", reason))
        return False

    def _bring_judgements(self, source: Workspace, episodes: Container[str]) -> None:
        """Copy what people judged of these episodes, once; an undo is pointed at the copy."""
        ours, numbers = Judgements(self._target.db_path), dict[int, int]()
        here = {_judged(given): given.id for given in ours.all()}
        for given in Judgements(source.db_path).all():
            undone = numbers.get(given.payload["of"]) if given.kind == UNDO else None
            if given.episode not in episodes or (given.kind == UNDO and undone is None):
                continue
            moved = given if undone is None else replace(given, payload={"of": undone})
            if _judged(given) not in here:
                here[_judged(given)] = ours.copy(moved).id
            numbers[given.id] = here[_judged(given)]

    def _bring_events(self, source: Workspace, origin: str) -> None:
        """Copy the effort and the events that speak of an episode, each with its origin, once."""
        theirs = Database(source.db_path)
        have = {_mark(row) for row in self._database.events()}
        have |= {_mark(row) for row in self._database.efforts()}
        for event in theirs.events():
            if "episode" in event.payload or event.kind in KEPT:
                moved = replace(event, payload={ORIGIN: origin, **event.payload})
                if _mark(moved) not in have:
                    self._database.copy_event(moved)
        for effort in theirs.efforts():
            moved_effort = replace(effort, payload={ORIGIN: origin, **effort.payload})
            if _mark(moved_effort) not in have:
                self._database.add_effort(moved_effort)


def _judged(given: Judgement) -> tuple[object, ...]:
    """Return what tells a judgement from all others, whatever its number."""
    return (given.created, given.operator, given.episode, given.kind, given.start, given.stop)


def _mark(row: EffortEntry | EventEntry) -> tuple[object, ...]:
    """Return what tells a row of the database from all others."""
    return (type(row).__name__, row.kind, row.created)
