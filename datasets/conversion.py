"""A journal's way into the workspace: convert, make durable, then let the journal go."""

import logging
import os
from pathlib import Path

from ..sim_envs.errors import DamagedFile
from . import lock
from .durable import TEMPORARY
from .recovery import read_journal

JOURNAL = ".journal"
EPISODE = ".hdf5"
DAMAGED = ".damaged"

_log = logging.getLogger(__name__)


def convert(journal: Path, episodes: Path, trash: Path) -> Path | None:
    """Make the episode file of a settled journal and remove the journal; None without steps.

    Killed at any moment it can be done again: the journal goes only after the file is durable,
    and a journal whose file is there already is left over and goes too.
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
    journal.unlink(missing_ok=True)
    return target if recording.episode else None


def recover(folder: Path, episodes: Path, trash: Path) -> list[Path]:
    """Convert every journal that no living recorder holds, and sweep what was left half done."""
    done: list[Path] = []
    for journal in sorted(folder.glob(f"*{JOURNAL}")):
        fd = os.open(journal, os.O_RDWR | os.O_CLOEXEC)
        if not lock.take(fd):
            os.close(fd)
            continue
        try:
            path = convert(journal, episodes, trash)
        except DamagedFile as error:
            journal.replace(journal.with_suffix(DAMAGED))
            _log.warning("%s; kept as %s", error, journal.with_suffix(DAMAGED).name)
        else:
            done += [path] if path is not None and path.parent == episodes else []
        finally:
            lock.drop(fd)
    _sweep(folder, episodes)
    _sweep(folder, trash)
    return done


def _sweep(journals: Path, place: Path) -> None:
    """Remove half-written files whose journal is gone; the others are being written now."""
    for temporary in place.glob(f".*{EPISODE}{TEMPORARY}"):
        stem = temporary.name.removesuffix(f"{EPISODE}{TEMPORARY}").removeprefix(".")
        if not (journals / f"{stem}{JOURNAL}").exists():
            temporary.unlink(missing_ok=True)
