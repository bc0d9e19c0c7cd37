"""Files that jobs read are known by their content: a digest names them on every machine."""

import contextlib
import functools
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

Shared: TypeAlias = Path | Mapping[str, bytes]
"""What a worker gets of a shared folder: the folder, or names and contents of its files."""


def digest_of(folder: Path, names: Sequence[str]) -> str:
    """SHA-256 over the files of these names in a folder, as 64 hexadecimal digits."""
    stats = [os.stat(folder / name) for name in names]
    return _digest(folder, tuple(names), tuple((s.st_mtime_ns, s.st_size) for s in stats))


@functools.lru_cache(maxsize=64)
def _digest(folder: Path, names: tuple[str, ...], _: tuple[tuple[int, int], ...]) -> str:
    found = hashlib.sha256()
    for name in names:
        content = (folder / name).read_bytes()
        found.update(f"{name} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def packed(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Names and contents of the files, to travel to another machine."""
    return {name: (folder / name).read_bytes() for name in names}


@contextlib.contextmanager
def unpacked(shared: Shared) -> Iterator[Path]:
    """The folder in which a worker finds the files, for as long as it reads them."""
    if isinstance(shared, Path):
        yield shared
        return
    with tempfile.TemporaryDirectory(prefix="sidestick-") as folder:
        for name, content in shared.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield Path(folder)
