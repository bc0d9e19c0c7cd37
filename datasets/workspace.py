"""A `Workspace` is one task's folder, with its episodes, policies and database.

It opens and makes the folder, lists and finds episodes, and repairs what a crash left.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

from ..sim_envs.errors import DamagedFile, WorkspaceError
from .config import WorkspaceConfig, read_config, write_config
from .episode import episode_summary
from .episode_names import matched
from .files.lock import FileLock
from .files.plain_file import leads_out, own_folder
from .files.plain_log import plain_log
from .finished_jobs import OUTCOMES
from .growing_index import GrowingIndex
from .journal_recovery import EPISODE, recover
from .summary import EpisodeSummary
from .workspace_place import CONFIG_FILE, FOLDERS, require_own_place, require_permission

_log = plain_log(__name__)


class _CachedSummary(NamedTuple):
    """An episode file's summary and the stamp with which it was read."""

    stamp: tuple[int, int, bool]  # ns, bytes, whether it is a link
    summary: EpisodeSummary | None  # None for a damaged file


class Workspace:
    """One task's folder; a recording session takes `lock()`, readers need no lock."""

    def __init__(self, path: Path | str, config: WorkspaceConfig) -> None:
        self.path = Path(path)
        self.config = config
        self._cache: dict[Path, _CachedSummary] = {}
        lock = self.journal_dir / "index.lock"
        self._index = GrowingIndex(self.index_path, lock, config)

    @classmethod
    def create(cls, path: Path | str, config: WorkspaceConfig) -> Self:
        """Make a new workspace; raise WorkspaceError where one exists."""
        made = cls(path, config)
        if (made.path / CONFIG_FILE).exists():
            raise WorkspaceError(
                f"{path} is a workspace already; open it, or choose another folder"
            )
        require_own_place(made.path)
        try:
            made.make_folders()
            write_config(made.path / CONFIG_FILE, config)
        except OSError as error:
            raise WorkspaceError(f"{path}: cannot make a workspace here: {error}") from error
        return made

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open an existing workspace; raise WorkspaceError where there is none."""
        path = Path(path)
        require_permission(path)
        if not (path / CONFIG_FILE).exists():
            raise WorkspaceError(
                f"{path} is no workspace (no {CONFIG_FILE}); "
                "`sidestick drive` or `sidestick quickstart` makes one"
            )
        return cls(path, read_config(path / CONFIG_FILE))

    @classmethod
    def open_or_create(cls, path: Path | str, config: WorkspaceConfig) -> Self:
        """Open a workspace or make it; raise WorkspaceError when it is for something else."""
        require_permission(Path(path))
        if not (Path(path) / CONFIG_FILE).exists():
            return cls.create(path, config)
        workspace = cls.open(path)
        differences = workspace.config.differences(config)
        if differences:
            raise WorkspaceError(
                f"{path} is a workspace for something else: it has {'; '.join(differences)}. "
                "Use another folder"
            )
        return workspace

    @property
    def journal_dir(self) -> Path:
        """Episodes that are being recorded or converted."""
        return self.path / "journal"

    @property
    def episodes_dir(self) -> Path:
        """Finished episodes."""
        return self.path / "episodes"

    @property
    def trash_dir(self) -> Path:
        """Discarded episodes; moving one back to episodes/ restores it."""
        return self.path / "trash"

    @property
    def policies_dir(self) -> Path:
        """One folder per trained policy."""
        return self.path / "policies"

    @property
    def outcomes_dir(self) -> Path:
        """Outcomes of episodes that were driven to be counted, see `finished_jobs`."""
        return self.path / OUTCOMES

    @property
    def index_path(self) -> Path:
        """All episodes as one robomimic dataset."""
        return self.path / "dataset.hdf5"

    @property
    def db_path(self) -> Path:
        """Evaluations, effort and events, in SQLite."""
        return self.path / "sidestick.db"

    def lock(self) -> FileLock:
        """Take the workspace for a recording session; raise WorkspaceError when it is taken."""
        taken = (
            "{path} is being recorded into by process {owner}; end that session, "
            "or use another workspace"
        )
        return self.hold("session.lock", "record", taken)

    def hold(self, name: str, activity: str, taken: str) -> FileLock:
        """Take the lock file `name`; WorkspaceError with the message `taken` where it is held.

        `activity` is a verb for the error message where the folder cannot be written to.
        """
        held = FileLock(self.journal_dir / name)
        try:
            self.make_folders()
            got = held.acquire()
        except OSError as error:
            raise WorkspaceError(f"{self.path}: cannot {activity} here: {error}") from error
        if not got:
            raise WorkspaceError(taken.format(path=self.path, owner=held.owner()))
        return held

    def make_folders(self) -> None:
        """Make the folders that are missing: git and archives drop empty ones."""
        for folder in FOLDERS:
            own_folder(self.path / folder)

    def summaries(self) -> list[EpisodeSummary]:
        """The finished, readable episodes by time; damaged files are logged and skipped."""
        return self._readable(self._files())

    def episodes(self) -> list[Path]:
        """The files of the finished, readable episodes by time."""
        return [summary.path for summary in self.summaries() if summary.path is not None]

    def recover(self) -> list[Path]:
        """Convert journals that a crash left, update the index; return the recovered episodes."""
        try:
            self.make_folders()
            found = recover(self.journal_dir, self.episodes_dir, self.trash_dir)
            self.rebuild_index()
        except OSError as error:
            raise WorkspaceError(f"{self.path}: cannot write here: {error}") from error
        return found

    def find(self, name: str) -> Path:
        """The file of an episode, by its id, its position, or a part of the id.

        See `episode_names.matched`. Raises UnknownName where nothing matches, AmbiguousName where
        several do.
        """
        files = {path.stem: path for path in self.episodes()}
        return files[matched(name, list(files))]

    def rebuild_index(self) -> None:
        """Replace dataset.hdf5 atomically, and remove what killed processes left of it."""
        with self._index.renewing():
            self._index.write(self.summaries())

    def extend_index(self) -> None:
        """Link the episodes that dataset.hdf5 lacks, as `rebuild_index`, but open no others.

        It is rebuilt where it cannot be read or links a file that is not there.
        """
        with self._index.renewing():
            try:
                self._index.add(self._readable(self._index.missing(self._files())))
            except DamagedFile:
                self._index.write(self.summaries())

    def minutes_left(self) -> float:
        """Approximate minutes of recording for which the disk has space."""
        a_minute = self.config.step_bytes() * self.config.control_hz * 60
        return shutil.disk_usage(self.path).free / a_minute

    def _files(self) -> list[str]:
        """The files in episodes/ by time, relative to the workspace."""
        folder = self.episodes_dir
        names = os.listdir(folder) if folder.is_dir() else []
        kept = sorted(name for name in names if name.endswith(EPISODE) and name[0] != ".")
        return [f"{folder.name}/{name}" for name in kept]

    def _readable(self, files: Iterable[str]) -> list[EpisodeSummary]:
        """The summaries of those files, relative to the workspace, that can be read."""
        found = (self._summary(self.path / file) for file in files)
        return [summary for summary in found if summary is not None]

    def _summary(self, path: Path) -> EpisodeSummary | None:
        """The summary of a file, from the cache while its time and size are the same."""
        try:
            status = os.stat(path)
        except OSError as error:  # a dangling link, or removed since it was listed
            _log.warning("skipped an episode: %s", error)
            return None
        stamp = (status.st_mtime_ns, status.st_size, path.is_symlink())
        if path not in self._cache or self._cache[path].stamp != stamp:
            self._cache[path] = _CachedSummary(stamp, _read_summary(path))
        return self._cache[path].summary


def own_summary(path: Path) -> EpisodeSummary:
    """Read a summary; raise DamagedFile for a renamed copy, which would count twice.

    A link to somewhere else is refused too: the file it leads to is not the workspace's.
    """
    if path.exists() and leads_out(path):
        raise DamagedFile(f"{path}: a link to a file outside the workspace")
    summary = episode_summary(path)
    if summary.id != path.stem:
        raise DamagedFile(f"{path}: holds episode {summary.id}, a copy or renamed")
    return summary


def _read_summary(path: Path) -> EpisodeSummary | None:
    """Read a summary; None for a damaged file, which is logged."""
    try:
        return own_summary(path)
    except DamagedFile as error:
        _log.warning("skipped a damaged episode: %s", error)
        return None
