"""This module reads groups of another tool's HDF5 file: links, numbers and JSON are checked first.

A link may lead to nothing or to another place of the machine, a size may be a lie. Each costs the
one demo that has it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import FormatError
from ...sim_envs.free_memory import free_memory
from ..cache import SHARE
from ..files.decoding import parsed_json
from ..layout_check import MAX_RATIO, MAX_STEPS

MOST_JSON = 10 * 2**20
"""Largest JSON text that is read, bytes; robosuite's env_args have some thousand."""


def group_of(parent: h5py.Group, name: str) -> h5py.Group:
    """A group by its name; FormatError for a link that leads nowhere, or out of the folder."""
    link = parent.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):
        home = Path(parent.file.filename).resolve().parent
        target = (home / link.filename).resolve()
        if not target.is_relative_to(home):
            raise FormatError(f"{name}: a link to {link.filename!r}, outside of its folder")
        if not target.is_file():
            raise FormatError(f"{name}: a link to {link.filename!r}, where there is no file")
    try:
        found = parent[name]
    except (KeyError, OSError) as error:
        raise FormatError(f"{name}: a link that leads nowhere") from error
    if not isinstance(found, h5py.Group):
        raise FormatError(f"{name}: expected a group, got a dataset")
    return found


def require_own_dataset(group: h5py.Group, key: str) -> h5py.Dataset:
    """A dataset by its name; FormatError for anything else, and for one in another file."""
    try:
        dataset = group[key]
    except (KeyError, OSError):
        raise FormatError(f"{key}: missing, or a link that leads nowhere") from None
    if not isinstance(dataset, h5py.Dataset):
        raise FormatError(f"{key}: expected a dataset, got a group")
    if dataset.external or dataset.is_virtual or dataset.file.filename != group.file.filename:
        raise FormatError(f"{key}: lies in another file")
    return dataset


def read_column(group: h5py.Group, key: str) -> NDArray[Any]:
    """Read a dataset [T, ...]; FormatError when it holds no numbers, or its size cannot be true."""
    dataset = require_own_dataset(group, key)
    if dataset.dtype.kind not in "biuf":
        raise FormatError(f"{key}: not numbers")
    if not dataset.shape or not 0 < dataset.shape[0] <= MAX_STEPS:
        raise FormatError(f"{key}: expected 1 to {MAX_STEPS} steps, got {dataset.shape}")
    if dataset.nbytes > MAX_RATIO * dataset.id.get_storage_size():
        raise FormatError(f"{key}: claims {dataset.nbytes} bytes, more than the file can hold")
    room = int(SHARE * free_memory())
    chunk = int(np.prod(dataset.chunks or (0,))) * dataset.dtype.itemsize
    if max(dataset.nbytes, chunk) > room:
        raise FormatError(f"{key}: claims {max(dataset.nbytes, chunk)} bytes, {room} may be used")
    try:
        values: NDArray[Any] = dataset[()]
    except OSError as error:
        raise FormatError(f"{key}: {error}") from error
    return values


def json_attribute(group: h5py.Group, name: str) -> dict[str, Any]:
    """The JSON object in an attribute; empty without one, FormatError for anything else."""
    if name not in group.attrs:
        return {}
    try:
        stored = group.attrs.get_id(name)
        if stored.shape not in ((), None) or stored.get_storage_size() > MOST_JSON:
            raise ValueError(f"expected one text, got {stored.shape} of {stored.dtype}")
        text = group.attrs[name]
        found = parsed_json(text if isinstance(text, bytes) else str(text), name)
    except (ValueError, OSError, TypeError) as error:
        raise FormatError(f"{group.file.filename}: {name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise FormatError(f"{group.file.filename}: {name}: expected a JSON object")
    return found


def mapping(path: Path, values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object inside a JSON object; empty without one, FormatError for anything else."""
    found = values.get(name, {})
    if not isinstance(found, Mapping):
        raise FormatError(f"{path}: {name}: expected an object, got {type(found).__name__}")
    return found
