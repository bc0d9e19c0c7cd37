"""HDF5 attributes as plain numbers and text, stored so that HDF5's own checksums cover them.

Text has a fixed length: text of variable length lies in HDF5's global heap, which carries no
checksum, and damage there has been seen to make the library loop for ever.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import h5py
import numpy as np

MAX_BYTES = 60_000
"""No attribute of ours is larger; HDF5's own limit is 64 KiB."""


def write_attributes(group: h5py.Group, values: Mapping[str, Any]) -> None:
    """Write numbers and text."""
    for key, value in values.items():
        if isinstance(value, str):
            text = value.encode()
            fixed = h5py.string_dtype("utf-8", max(1, len(text)))
            group.attrs.create(key, np.array(text, fixed), dtype=fixed)
        else:
            group.attrs[key] = value


def read_attributes(group: h5py.Group, names: Iterable[str]) -> dict[str, Any]:
    """Read attributes by name; raise ValueError for one that is neither number nor fixed text."""
    return {name: _read(group, name) for name in names}


def _read(group: h5py.Group, name: str) -> Any:
    """Read one attribute, after a look at its type."""
    stored = group.attrs.get_id(name)
    kind = stored.dtype.kind
    if kind not in "biufS" or stored.shape != () or stored.get_storage_size() > MAX_BYTES:
        raise ValueError(f"attribute {name}: expected a number or text of fixed length")
    value = group.attrs[name]
    return value.decode() if isinstance(value, bytes) else value.item()
