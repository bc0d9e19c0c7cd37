"""This module encodes an episode's content as one HDF5 file in robomimic's layout, and decodes it.

A file is made in memory and written as bytes: a full disk can then never leave HDF5 with a
half-written file, which crashes the process at exit.
"""

import io
import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
from numpy.typing import NDArray

from ..sim_envs.errors import DamagedFile
from .attributes import read_attributes, write_attributes
from .files.plain_file import require_file
from .layout_check import ABANDONED, claim_problems, final_keys, keys_in, layout_problems
from .schema import FINAL_STATE, Columns, is_image, stored
from .storage_check import own_group
from .summary import ENV_ARGS, Attributes
from .superblock import sealed

DEMO = "data/demo_0"
LIBVER = ("v110", "v110")
"""Readable since HDF5 1.10 (2016), and its metadata carries checksums."""
GZIP_LEVEL = 4
IMAGES_PER_CHUNK = 16
UNREADABLE = (
    OSError,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)
"""What h5py and numpy raise for a file with invalid content."""
CHANGED = "a checksum does not fit, it was changed since it was written"
WORDS = {
    "file signature not found": "not an HDF5 file",
    "filter returned failure during read": CHANGED,
    "checksum": CHANGED,
    "Permission denied": "no permission to read it",
}
"""Part of HDF5's message: its meaning."""
_CUT_OFF = re.compile(r"truncated file: eof = (\d+), .*stored_eof = (\d+)")
_COLUMN = re.compile(r"[\w/]+: ")
_numbers = itertools.count()


class Branch(NamedTuple):
    """Steps that a rewind removed from the main line."""

    start: int
    """The step of the main line where the branch starts."""
    columns: Columns
    """[T, ...] the branch's rows, by the schema's keys."""


class Content(NamedTuple):
    """The content of an episode's file, by the names in the file."""

    attributes: Attributes
    columns: Columns
    """[T, ...] by the schema's keys."""
    final: Columns | None
    """Observation and state after the last action; None when the recording broke off."""
    abandoned: tuple[Branch, ...]


def encode(content: Content) -> bytes:
    """The bytes of an episode's file."""
    with in_memory() as file:
        demo = file.create_group(DEMO)
        own = dict(content.attributes)
        above = {"total": own["num_samples"], ENV_ARGS: own.pop(ENV_ARGS)}
        write_attributes(demo.parent, above)
        write_demo(demo, content._replace(attributes=own))
        return image_of(file)


def write_demo(demo: h5py.Group, content: Content, per_chunk: int = IMAGES_PER_CHUNK) -> None:
    """Write an episode into an empty group, with so many images in a chunk."""
    write_attributes(demo, content.attributes)
    write_columns(demo, stored(content.columns), per_chunk)
    for key, value in (content.final or {}).items():
        demo.create_dataset(
            key,
            data=value,
            chunks=value.shape,
            compression="gzip",
            compression_opts=GZIP_LEVEL,
            fletcher32=True,
        )
    for number, branch in enumerate(content.abandoned):
        group = demo.create_group(f"{ABANDONED}/{number}")
        group.attrs["start"] = branch.start
        write_columns(group, stored(branch.columns))


def decode(path: Path, images: bool = True) -> Content:
    """Read an episode's file; raise DamagedFile unless it is complete and valid."""
    with opened(path) as file:
        return content_of(own_group(file, DEMO), images)


def decode_bytes(content: bytes) -> Content:
    """Read what `encode` made; KeyError or one of UNREADABLE where it is not valid."""
    with h5py.File(io.BytesIO(content), "r") as file:
        return content_of(file[DEMO])


def content_of(demo: h5py.Group, images: bool = True) -> Content:
    """Read one episode's group of any file; raise ValueError where it does not fit the schema."""
    attributes = _checked_attributes(demo)
    keys = keys_in(demo, images)
    if problem := next(claim_problems(demo, keys), None):
        raise ValueError(problem)
    final = [key for key in final_keys(demo) if images or not is_image(key)]
    return Content(
        attributes=attributes,
        columns=_read(demo, keys),
        final=_read(demo, final) if FINAL_STATE in demo else None,
        abandoned=tuple(
            Branch(read_attributes(branch, ["start"])["start"], _read(branch, keys))
            for branch in _branches(demo)
        ),
    )


def state_size(path: Path) -> int:
    """The length of an episode's states; raise DamagedFile where its layout is not valid."""
    with opened(path) as file:
        demo = own_group(file, DEMO)
        _checked_attributes(demo)
        return int(demo["states"].shape[1])


def decode_attributes(path: Path) -> Attributes:
    """Read only an episode's attributes; raise DamagedFile when it is not a Sidestick episode."""
    with opened(path) as file:
        return _attributes(own_group(file, DEMO))


def _branches(demo: h5py.Group) -> list[h5py.Group]:
    """The groups of the branches cut off by rewinds, in chronological order."""
    group = demo.get(ABANDONED, {})
    return [group[name] for name in sorted(group, key=int)]


def _read(group: h5py.Group, keys: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Read datasets, without the optional ones that are not there; HDF5 verifies checksums."""
    rows: dict[str, NDArray[Any]] = {}
    for key in (key for key in keys if key in group):
        try:
            rows[key] = group[key][()]
        except OSError as error:
            raise OSError(f"{key}: {error}") from error
    return rows


def _checked_attributes(demo: h5py.Group) -> dict[str, Any]:
    """Read an episode's attributes; ValueError where its datasets do not fit the schema."""
    attributes = _attributes(demo)
    steps, number = int(attributes["num_samples"]), int(attributes["version"])
    if problem := next(layout_problems(demo, steps, number), None):
        raise ValueError(problem)
    return attributes


def _attributes(demo: h5py.Group) -> dict[str, Any]:
    """Read an episode's attributes, env_args included, which robomimic keeps in the parent."""
    own = read_attributes(demo, demo.attrs)
    return own if ENV_ARGS in own else own | read_attributes(demo.parent, [ENV_ARGS])


def image_of(file: h5py.File) -> bytes:
    """The bytes of an open file, such that every version of HDF5 opens them."""
    file.flush()
    return sealed(file.id.get_file_image())


def in_memory() -> h5py.File:
    """Open a new file in memory; `image_of` returns its bytes."""
    name = f"in-memory-{next(_numbers)}"  # HDF5 opens no name twice
    return h5py.File(name, "w", driver="core", backing_store=False, libver=LIBVER)


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a file for reading; every error becomes a DamagedFile with its path.

    No lock is taken: a file of ours appears whole and is never changed, and some disks have none.
    """
    try:
        require_file(path)
    except OSError as error:
        raise DamagedFile(f"{path}: {error.strerror}") from error
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except KeyError as error:
        raise DamagedFile(f"{path}: not a Sidestick episode, {error.args[0]}") from error
    except UNREADABLE as error:
        raise DamagedFile(f"{path}: {readable_reason(path, str(error))}") from error


def write_columns(group: h5py.Group, rows: Columns, per_chunk: int = IMAGES_PER_CHUNK) -> None:
    """Write one compressed, checksummed dataset per column [T, ...]; images several to a chunk."""
    for key, values in rows.items():
        chunk = min(len(values), per_chunk) if is_image(key) else len(values)
        group.create_dataset(
            key,
            data=values,
            chunks=(max(1, chunk), *values.shape[1:]),
            compression="gzip",
            compression_opts=GZIP_LEVEL,
            shuffle=values.dtype.itemsize > 1,
            fletcher32=True,
        )


def readable_reason(path: Path, message: str) -> str:
    """The reason why a file cannot be read; an unknown message is returned unchanged."""
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):  # perhaps since: one look
        return "a link that points nowhere" if path.is_symlink() else "there is no such file"
    if not size:
        return "empty"
    if cut_off := _CUT_OFF.search(message):
        return "truncated: {} of {} bytes are there".format(*cut_off.groups())
    for part, meaning in WORDS.items():
        if part in message:
            column = _COLUMN.match(message)
            return f"{column.group() if column else ''}{meaning}"
    return message
