"""This module writes and reads the attributes of an HDF5 group: numbers and text, in bounds."""

from collections.abc import Iterable, Mapping
from typing import Any

import h5py
import numpy as np

from ..sim_envs.errors import BadValue
from .files.names import shown

MOST = 200
"""Attributes of a group; an episode has some twenty."""
MAX_BYTES = 60_000
"""Largest attribute that is written and read; HDF5's own limit is 64 KiB."""


def require_attributes(values: Mapping[str, Any]) -> None:
    """Raise BadValue for a text that an attribute cannot hold, or that could not be read back."""
    for key, value in values.items():
        if isinstance(value, str):
            _attribute_text(key, value)


def write_attributes(group: h5py.Group, values: Mapping[str, Any]) -> None:
    """Write numbers and text; BadValue for text that could not be read back."""
    for key, value in values.items():
        if isinstance(value, str):
            text = _attribute_text(key, value)
            fixed = h5py.string_dtype("utf-8", max(1, len(text)))
            group.attrs.create(key, np.array(text, fixed), dtype=fixed)
        else:
            group.attrs[key] = value


def read_attributes(group: h5py.Group, names: Iterable[str]) -> dict[str, Any]:
    """Read attributes by name; raise ValueError for one that is neither number nor fixed text."""
    if len(group.attrs) > MOST:
        raise ValueError(f"{len(group.attrs)} attributes, more than {MOST}")
    return {name: _read_attribute(group, name) for name in names}


def _attribute_text(key: str, value: str) -> bytes:
    """A text as it is written; BadValue for one that is too long or no Unicode."""
    try:
        text = value.encode()
    except UnicodeEncodeError:
        raise BadValue(key, "text in Unicode", shown(value)) from None
    if len(text) > MAX_BYTES:
        raise BadValue(key, f"at most {MAX_BYTES} bytes of text", f"{len(text)} bytes")
    return text


def _read_attribute(group: h5py.Group, name: str) -> Any:
    """Read one attribute after checking its type, which may be damaged."""
    stored = group.attrs.get_id(name)
    kind = stored.dtype.kind
    if kind not in "biufS" or stored.shape != () or stored.get_storage_size() > MAX_BYTES:
        raise ValueError(f"attribute {name}: expected a number or text of fixed length")
    value = group.attrs[name]
    return value.decode() if isinstance(value, bytes) else value.item()
