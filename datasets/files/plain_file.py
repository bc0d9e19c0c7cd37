"""This module opens files of strangers: plain files, at once, and none outside the workspace.

A folder from somebody else may hold pipes, devices and links. Everything that is written, locked,
emptied or removed passes here, and so does what is read whole.
"""

import contextlib
import errno
import os
import shutil
import stat
from pathlib import Path

from ...sim_envs.errors import WorkspaceError

NO_LINK = getattr(os, "O_NOFOLLOW", 0)
WAIT_FOR_NOBODY = getattr(os, "O_NONBLOCK", 0)


def open_plain(path: Path, flags: int = os.O_RDONLY, links: bool = False) -> int:
    """Open a plain file, and return its descriptor; OSError for anything else, without waiting.

    With `links`, a link to a plain file is followed.
    """
    if links:
        require_file(path)
    else:
        require_no_link(path)
    more = WAIT_FOR_NOBODY | os.O_CLOEXEC | (0 if links else NO_LINK)
    fd = os.open(path, flags | more, 0o644)
    try:
        _plain(os.fstat(fd), path)
    except OSError:
        os.close(fd)
        raise
    return fd


def read_plain(path: Path, most: int, links: bool = False) -> bytes:
    """The bytes of a plain file of at most so many; OSError for anything else."""
    with os.fdopen(open_plain(path, links=links), "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"larger than {most} bytes", str(path))
    return content


def bytes_of(path: Path) -> int:
    """Size of a file; 0 where there is none, also if it was there a moment ago."""
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0


def require_file(path: Path) -> None:
    """Raise OSError where a name, or what it links to, holds something else than a plain file.

    Another program may remove the file at any moment, as SQLite does with its side files: so the
    name is looked at once, and a missing one is no error.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        _plain(os.stat(path), path)


def require_no_link(path: Path) -> None:
    """Raise OSError where a name holds a link, or something else than a plain file."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, "a link, not a plain file", str(path))
    require_file(path)


def leads_out(path: Path) -> bool:
    """Whether an entry is a link to something outside its folder."""
    if not path.is_symlink():
        return False
    try:
        return not path.resolve().is_relative_to(path.parent.resolve())
    except (OSError, RuntimeError):  # a link to itself
        return True


def require_own_folder(folder: Path) -> None:
    """Raise WorkspaceError where a name holds a link: what is written there lands elsewhere."""
    if folder.is_symlink():
        raise WorkspaceError(
            f"{folder}: a link to {os.readlink(folder)!r}; a workspace writes into folders of its "
            "own alone, put a folder there"
        )


def own_folder(folder: Path) -> None:
    """Make a folder unless it exists; WorkspaceError where its name is a link."""
    require_own_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)


def remove(path: Path) -> None:
    """Remove a file, or a folder with its content, if it is there; of a link only the link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):  # a read-only file system refuses to remove even what is not there
        path.unlink(missing_ok=True)


def _plain(found: os.stat_result, path: Path) -> None:
    """Raise OSError unless an entry is a plain file."""
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "a pipe, socket or device, not a plain file", str(path))
