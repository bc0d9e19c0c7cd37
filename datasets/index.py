"""This module writes, extends and reads dataset.hdf5, which links all episodes as one dataset.

Its layout is robomimic's. `extended` adds links without opening the episodes that it has already.
"""

import io
import itertools
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import h5py

from ..sim_envs.errors import DamagedFile
from ..sim_envs.free_memory import free_memory
from .attributes import read_attributes, write_attributes
from .cache import SHARE
from .files.durable import replace_file
from .files.plain_file import read_plain
from .hdf5 import DEMO, LIBVER, UNREADABLE, image_of, in_memory, opened
from .summary import ENV_ARGS, EpisodeSummary
from .superblock import sealed

TARGET = f"/{DEMO}"
"""What every link points to in its file."""


class Index(NamedTuple):
    """What dataset.hdf5 holds."""

    links: tuple[str, ...]
    """The linked files in their order, which is that of time, relative to the workspace."""
    total: int
    """Sum of the episodes' steps."""


def write_index(
    path: Path, summaries: Sequence[EpisodeSummary], env_args: Mapping[str, Any]
) -> Index:
    """Link the episodes, in the given order, as demo_0, demo_1 ..., with relative paths."""
    return _written(path, _new_links(path, summaries), steps_of(summaries), env_args)


def extended(
    path: Path, index: Index, new: Sequence[EpisodeSummary], env_args: Mapping[str, Any]
) -> Index:
    """Replace an index by one that links `new` episodes too; only its own file is opened.

    Raises DamagedFile where nothing can be added to the file.
    """
    added, total = _new_links(path, new), index.total + steps_of(new)
    links = (*index.links, *added)
    if not _by_time(links):  # an episode that began before others ended after them
        return _written(path, sorted(links), total, env_args)
    try:
        image = io.BytesIO(read_plain(path, int(SHARE * free_memory())))
        with h5py.File(image, "r+", libver=LIBVER) as file:
            file["data"].attrs["total"] = total
            _link(file["data"], added, len(index.links))
    except (*UNREADABLE, KeyError) as error:
        raise DamagedFile(f"{path}: nothing can be added, {error}") from error
    replace_file(path, sealed(image.getvalue()))
    return Index(links, total)


def read_own_index(path: Path, env_args: Mapping[str, Any]) -> Index:
    """Read an index; DamagedFile unless it holds just what `write_index` writes."""
    with opened(path) as file:
        data = file["data"]
        found = read_attributes(data, data.attrs)
        own = {"total": found.get("total"), ENV_ARGS: _text(env_args)}
        index = Index(tuple(_links(data)), int(found["total"]))
        if list(file) != ["data"] or found != own or not _by_time(index.links):
            raise DamagedFile(f"{path}: not as this workspace writes it")
        return index


def read_index(path: Path) -> list[str]:
    """The linked files in their order; raise DamagedFile when the index cannot be read."""
    with opened(path) as file:
        return list(_links(file["data"]))


def steps_of(summaries: Sequence[EpisodeSummary]) -> int:
    """The sum of the episodes' steps."""
    return sum(summary.steps for summary in summaries)


def _written(path: Path, links: Sequence[str], total: int, env_args: Mapping[str, Any]) -> Index:
    """Write an index of these links."""
    with in_memory() as file:
        data = file.create_group("data")
        write_attributes(data, {"total": total, ENV_ARGS: _text(env_args)})
        _link(data, links, 0)
        image = image_of(file)
    replace_file(path, image)
    return Index(tuple(links), total)


def _text(env_args: Mapping[str, Any]) -> str:
    return json.dumps(dict(env_args))


def _by_time(links: Sequence[str]) -> bool:
    """Whether each link sorts after the one before."""
    return all(one < other for one, other in itertools.pairwise(links))


def _new_links(path: Path, summaries: Sequence[EpisodeSummary]) -> list[str]:
    """The episodes' files, relative to the index."""
    files = [summary.path for summary in summaries if summary.path is not None]
    return [file.relative_to(path.parent).as_posix() for file in files]


def _link(data: h5py.Group, links: Sequence[str], first: int) -> None:
    """Link the files as demo_<first> and so on."""
    for number, link in enumerate(links, first):
        data[f"demo_{number}"] = h5py.ExternalLink(link, TARGET)
        time.sleep(0)  # yield to the control loop, which may run in another thread


def _links(data: h5py.Group) -> Iterator[str]:
    """The linked files in their order; ValueError for a link to anything but an episode."""
    links = data.id.links  # h5py's own `get` asks four times about each
    for number in range(len(data)):
        file, target = links.get_val(f"demo_{number}".encode())
        if target != TARGET.encode():
            raise ValueError(f"demo_{number} is not an episode")
        yield os.fsdecode(file)
