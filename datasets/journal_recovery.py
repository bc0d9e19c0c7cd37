"""This module converts the journals of ended and broken-off episodes into episode files.

The recorder calls `convert` at the end of each episode, the workspace `recover` after a crash.
"""

import errno
import os
from pathlib import Path

from ..sim_envs.errors import DamagedFile, RecordingError
from .episode import Episode
from .files import lock
from .files.durable import left_temporaries
from .files.plain_file import open_plain, remove
from .files.plain_log import plain_log
from .journal_reading import read_journal

_log = plain_log(__name__)

NOT_PLAIN = (errno.ELOOP, errno.EINVAL, errno.EISDIR, errno.ENXIO)
"""What `open_plain` says of links, pipes, devices and folders."""
JOURNAL = ".journal"
EPISODE = ".hdf5"
DAMAGED = ".damaged"


def convert(journal: Path, episodes: Path, trash: Path) -> Path | None:
    """Make the episode file of a settled journal and remove the journal; None without steps.

    It can be repeated after a kill at any moment: the journal is removed only after the file is
    durable and has been read back, and a journal whose file exists already is a left-over and
    removed too. Raises RecordingError, and keeps the journal, where the file cannot be read back.
    """
    name = f"{journal.stem}{EPISODE}"
    for place in (episodes / name, trash / name):
        if place.exists():
            journal.unlink(missing_ok=True)
            return place
    recording = read_journal(journal)
    target = (trash if recording.discarded else episodes) / name
    if recording.episode is not None:
        recording.episode.write(target)
        _read_back(target)
    journal.unlink(missing_ok=True)
    return target if recording.episode else None


def _read_back(target: Path) -> None:
    """Read a file that was just written; take it away again where that fails."""
    try:
        Episode.read(target)
    except DamagedFile as error:
        target.unlink()
        raise RecordingError(f"what was written cannot be read back: {error}") from error


def recover(folder: Path, episodes: Path, trash: Path) -> list[Path]:
    """Convert every journal that no living recorder locks, and remove half-written files.

    A journal that cannot be converted costs itself alone: one that makes no sense is set aside by
    name, one that could not be read or written now is kept. Then the first such OSError is raised.
    """
    done: list[Path] = []
    refused: list[OSError] = []
    for journal in sorted(folder.glob(f"*{JOURNAL}")):
        try:
            path = _recovered(journal, episodes, trash)
        except OSError as error:
            _log.error("%s: %s; the journal is kept", journal, error)
            refused.append(error)
        else:
            done += [path] if path is not None and path.parent == episodes else []
    _sweep(folder, episodes, EPISODE)
    _sweep(folder, trash, EPISODE)
    _sweep(folder, folder, JOURNAL)
    if refused:
        raise refused[0]
    return done


def _recovered(journal: Path, episodes: Path, trash: Path) -> Path | None:
    """Convert one journal; None where it is locked, gone, empty or set aside."""
    try:
        fd = open_plain(journal, os.O_RDWR)
    except FileNotFoundError:  # another recovery has converted it
        return None
    except OSError as error:
        if error.errno in NOT_PLAIN:
            _set_aside(journal, error)
            return None
        raise
    if not lock.take(fd):
        os.close(fd)
        return None
    try:
        return convert(journal, episodes, trash) if lock.is_at(fd, journal) else None
    except (DamagedFile, ValueError) as error:
        _set_aside(journal, error)
    except RecordingError as error:
        _log.error("%s: %s; the journal is kept", journal, error)
    finally:
        lock.drop(fd)
    return None


def _set_aside(journal: Path, error: Exception) -> None:
    """Give a journal that makes no sense another ending: it is kept, and read no more."""
    journal.replace(journal.with_suffix(DAMAGED))
    reason = str(error).removeprefix(f"{journal}: ")
    _log.warning("%s: %s; kept as %s", journal, reason, journal.with_suffix(DAMAGED).name)


def _sweep(journals: Path, place: Path, ending: str) -> None:
    """Remove half-made files whose makers live no more.

    An episode's file is made while its journal is there, a journal's file while it is locked.
    """
    for temporary, stem in left_temporaries(place, ending):
        if ending == EPISODE and (journals / f"{stem}{JOURNAL}").exists():
            continue
        if ending == JOURNAL and not _abandoned(temporary):
            continue
        remove(temporary)


def waiting(folder: Path) -> list[Path]:
    """The journals that no recorder writes any more, and that a recovery would convert."""
    journals = sorted(folder.glob(f"*{JOURNAL}"))
    return [journal for journal in journals if _abandoned(journal, os.O_RDONLY)]


def _abandoned(path: Path, flags: int = os.O_RDWR) -> bool:
    """Whether nobody locks a file."""
    try:
        fd = open_plain(path, flags)
    except FileNotFoundError:
        return False
    except OSError as error:
        return error.errno in NOT_PLAIN
    if lock.take(fd):
        lock.drop(fd)
        return True
    os.close(fd)
    return False
