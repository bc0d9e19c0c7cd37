"""This module writes files atomically and durably: complete and on the disk, or not at all."""

import io
import os
import shutil
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".tmp"
"""Suffix of a file that is being made; its name starts with a dot."""
PIECE_BYTES = 2**20


def replace_file(path: Path, content: bytes) -> None:
    """Write a temporary file beside `path`, force it to disk, then rename it to `path`."""
    _replace(path, io.BytesIO(content))


def copy_file(source: Path, path: Path) -> None:
    """Copy a file atomically, piece by piece: large files cost no memory."""
    with source.open("rb") as content:
        _replace(path, content)


def _replace(path: Path, content: BinaryIO) -> None:
    temporary = path.with_name(f".{path.name}{TEMPORARY}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(fd, "wb") as file:
            shutil.copyfileobj(content, file, PIECE_BYTES)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to disk, so that a rename or a new file survives a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
