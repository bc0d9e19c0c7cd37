"""This module writes files atomically and durably: complete and on the disk, or not at all."""

import io
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .plain_file import NO_LINK, open_plain

TEMPORARY = ".tmp"
"""Suffix of a file that is being made; its name starts with a dot."""
PIECE_BYTES = 2**20


def replace_file(path: Path, content: bytes) -> None:
    """Write a temporary file beside `path`, force it to disk, then rename it to `path`."""
    _replace(path, io.BytesIO(content))


def copy_file(source: Path, path: Path) -> None:
    """Copy a file atomically, piece by piece: large files cost no memory."""
    with os.fdopen(open_plain(source, links=True), "rb") as content:
        _replace(path, content)


def temporary_of(path: Path) -> Path:
    """A new name beside `path` to make it under; no link or file of that name can lie there."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}")


def left_temporaries(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    """The half-made files in a folder whose names will end in `name`, and what will be before."""
    for path in sorted(folder.glob(f".*{name}*{TEMPORARY}")):
        yield path, path.name.removeprefix(".").rpartition(name)[0]


def _replace(path: Path, content: BinaryIO) -> None:
    temporary = temporary_of(path)
    new = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | NO_LINK
    fd = os.open(temporary, new, 0o644)
    try:
        with os.fdopen(fd, "wb") as file:
            shutil.copyfileobj(content, file, PIECE_BYTES)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:  # Ctrl-C too
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to disk, so that a rename or a new file survives a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
