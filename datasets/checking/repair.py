"""`repaired` mends what can be mended of a workspace, before it is checked."""

from pathlib import Path

from ...sim_envs.errors import DamagedFile
from ..database import Database, EventEntry, EventKind
from ..files.plain_log import plain_log
from ..journal_recovery import DAMAGED, EPISODE, JOURNAL
from ..superblock import mend
from ..workspace import Workspace

_log = plain_log(__name__)


def repaired(workspace: Workspace) -> int:
    """Mend what can be mended; how many journals became episodes."""
    _mend_superblocks(workspace)
    recovered = len(workspace.recover())
    _note_missing(workspace)
    return recovered


def _mend_superblocks(workspace: Workspace) -> None:
    """Give files that HDF5 1.14 left with a stale checksum the right one.

    A file that cannot be opened or replaced stays as it is: the check names what is wrong with it.
    """
    mended = 0
    for path in episode_files(workspace):
        if path.suffix == EPISODE and path.is_file():
            try:
                mended += mend(path)
            except OSError as error:
                _log.warning("%s: cannot be mended: %s", path, error)
    if mended:
        _log.warning("%d files of an older h5py can be read again", mended)


def _note_missing(workspace: Workspace) -> None:
    """Record that episodes of the ledger are missing, so that it is reported once."""
    try:
        missing = missing_episodes(workspace)
        if missing > 0:
            Database(workspace.db_path).add_event(
                EventEntry(EventKind.MISSING, {"episodes": missing})
            )
    except (DamagedFile, ValueError, TypeError) as error:
        _log.warning("%s: %s", workspace.db_path, error)


def missing_episodes(workspace: Workspace) -> int:
    """Number of successful episodes in the ledger whose files are missing."""
    database = Database(workspace.db_path)
    counted = sum(int(effort.payload.get("successes", 0)) for effort in database.efforts())
    noted = sum(int(event.payload["episodes"]) for event in database.events(EventKind.MISSING))
    return counted - noted - len(present_episodes(workspace))


def present_episodes(workspace: Workspace) -> set[str]:
    """The ids of all episodes: finished, discarded, or still in their journals."""
    folders = (workspace.episodes_dir, workspace.trash_dir, workspace.journal_dir)
    files = (file for folder in folders for file in folder.glob("[!.]*"))
    return {file.stem for file in files if file.suffix in (EPISODE, JOURNAL, DAMAGED)}


def episode_files(workspace: Workspace) -> list[Path]:
    """All files in the folder of episodes, damaged and unrelated ones included."""
    return sorted(workspace.episodes_dir.glob("[!.]*"))
