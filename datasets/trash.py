"""`Trash` takes finished episodes out of a workspace and puts them back; nothing is deleted.

Their files move to the folder trash/, where episodes lie too that the operator discarded. The time
that they cost stays in the ledger, and who removed them, when and why is an event.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..sim_envs.errors import BadValue, WorkspaceError
from .database import Database, EventEntry, EventKind
from .effort_ledger import recover_effort
from .files.durable import sync_folder
from .journal_recovery import EPISODE
from .workspace import Workspace

KINDS = (EventKind.REMOVE_EPISODES, EventKind.RESTORE_EPISODES)

REMOVED = "was removed from this workspace; `sidestick episodes WS --restore ID` brings it back"
"""Why an import or merge does not take an episode."""


@dataclass(frozen=True)
class RemovedEpisode:
    """One file in the trash."""

    id: str
    operator: str
    """Who removed it; empty for an episode that was discarded as it was driven."""
    removed: float | None
    """When, time.time() in s; None for a discarded one."""
    why: str


def episode_name_of(path: Path) -> str:
    """The name by which a file in episodes/ or trash/ is called: without its ending, if it fits."""
    return path.stem if path.suffix == EPISODE else path.name


class Trash:
    """The removed episodes of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._database = Database(workspace.db_path)

    def files(self) -> dict[str, Path]:
        """The files in the trash by name, by time."""
        files = sorted(self._workspace.trash_dir.glob("[!.]*"))
        return {episode_name_of(path): path for path in files}

    def episodes(self) -> list[RemovedEpisode]:
        """The episodes in the trash by time, with who removed them."""
        last: dict[str, EventEntry] = {}
        for event in self._database.events():
            if event.kind in KINDS:
                last |= dict.fromkeys(event.payload.get("episodes", ()), event)
        return [_removed(name, last.get(name)) for name in self.files()]

    def removed(self) -> set[str]:
        """The names of the episodes in the trash that somebody removed on purpose."""
        return {one.id for one in self.episodes() if one.removed is not None}

    def remove(self, paths: Sequence[Path], operator: str, why: str = "") -> None:
        """Move files from episodes/ to the trash; WorkspaceError where a session records."""
        with self._locked():
            recover_effort(self._workspace)  # counts those of killed sessions as what they were
            event = EventEntry(EventKind.REMOVE_EPISODES, _payload(paths, operator, why))
            self._move(event, paths, self._workspace.trash_dir)

    def restore(self, names: Sequence[str], operator: str, why: str = "") -> None:
        """Move files from the trash back to episodes/; WorkspaceError where a session records."""
        with self._locked():
            files = self.files()
            paths = [files[name] for name in names]
            event = EventEntry(EventKind.RESTORE_EPISODES, _payload(paths, operator, why))
            self._move(event, paths, self._workspace.episodes_dir)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the workspace: no session, import or merge may write meanwhile."""
        lock = self._workspace.lock()
        try:
            yield
        finally:
            lock.release()

    def _move(self, event: EventEntry, paths: Sequence[Path], folder: Path) -> None:
        """Move files, all or none where one is in the way, and note it first."""
        if not paths:
            return
        for path in paths:
            if os.path.lexists(folder / path.name):
                raise BadValue("episode", f"none of this name in {folder.name}/", path.name)
        self._database.add_event(event)
        try:
            for path in paths:
                path.rename(folder / path.name)
            sync_folder(self._workspace.episodes_dir)
            sync_folder(self._workspace.trash_dir)
            self._workspace.rebuild_index()
        except OSError as error:
            raise WorkspaceError(f"{folder}: cannot be written: {error}") from error


def _payload(paths: Sequence[Path], operator: str, why: str) -> dict[str, Any]:
    names = [episode_name_of(path) for path in paths]
    return {"episodes": names, "operator": operator, "why": why}


def _removed(name: str, event: EventEntry | None) -> RemovedEpisode:
    """A file in the trash with the last event about it."""
    if event is None or event.kind != EventKind.REMOVE_EPISODES:
        return RemovedEpisode(name, "", None, "")
    payload = event.payload
    return RemovedEpisode(name, payload.get("operator", ""), event.created, payload.get("why", ""))
