"""`read_byte_rows` reads a dataset whose rows are texts or encoded pictures of any length.

HDF5 keeps such rows in a heap and reads as many bytes as each row claims; here the claims are added
up before any row is read.
"""

import os

import h5py
import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import FormatError
from ...sim_envs.free_memory import free_memory
from ..cache import SHARE
from ..layout_check import MAX_STEPS
from .foreign_hdf5 import require_own_dataset

REFERENCE_BYTES = 16
"""Of a row in the file: its length, the address of a heap and the number of an object in it."""


def read_byte_rows(group: h5py.Group, key: str) -> list[bytes]:
    """Read a dataset [T] of texts or bytes, or [T, n] of rows of one length.

    FormatError when it holds something else, or its sizes cannot be true.
    """
    dataset = require_own_dataset(group, key)
    if dataset.dtype == np.uint8 and dataset.ndim == 2:
        return [row.tobytes() for row in _bounded(dataset, key, dataset.nbytes)[()]]
    is_text = h5py.check_string_dtype(dataset.dtype) is not None
    if dataset.ndim != 1 or not (is_text or h5py.check_vlen_dtype(dataset.dtype) == np.uint8):
        raise FormatError(f"{key}: expected texts or encoded pictures, got {dataset.dtype}")
    if dataset.dtype.kind == "S":
        return [bytes(row) for row in _bounded(dataset, key, dataset.nbytes)[()]]
    try:
        rows = _bounded(dataset, key, _claimed(dataset, key))[()]
    except OSError as error:
        raise FormatError(f"{key}: {error}") from error
    return [row if isinstance(row, bytes) else np.asarray(row, np.uint8).tobytes() for row in rows]


def _bounded(dataset: h5py.Dataset, key: str, claimed: int) -> h5py.Dataset:
    """The dataset; FormatError where its rows claim more than the file or the memory holds."""
    most = min(os.path.getsize(dataset.file.filename), int(SHARE * free_memory()))
    if not 0 < len(dataset) <= MAX_STEPS + 1:
        raise FormatError(f"{key}: expected 1 to {MAX_STEPS + 1} rows, got {len(dataset)}")
    if claimed > most:
        raise FormatError(f"{key}: claims {claimed} bytes, there can be {most}")
    return dataset


def _claimed(dataset: h5py.Dataset, key: str) -> int:
    """The sum of the lengths that the rows claim, bytes; they are read without the rows."""
    if dataset.chunks is None or dataset.id.get_create_plist().get_nfilters():
        raise FormatError(f"{key}: rows of any length, expected in chunks and not compressed")
    claimed, most = 0, os.path.getsize(dataset.file.filename)
    for number in range(dataset.id.get_num_chunks()):
        place = dataset.id.get_chunk_info(number)
        if place.size > most:
            raise FormatError(f"{key}: a chunk claims {place.size} bytes, the file has {most}")
        _, raw = dataset.id.read_direct_chunk(place.chunk_offset)
        claimed += int(_lengths(raw).sum())
    return claimed


def _lengths(chunk: bytes) -> NDArray[np.int64]:
    """The lengths in a chunk of references, bytes."""
    whole = len(chunk) // REFERENCE_BYTES * REFERENCE_BYTES
    references = np.frombuffer(chunk[:whole], np.uint8).reshape(-1, REFERENCE_BYTES)
    return references[:, :4].copy().view("<u4").astype(np.int64).reshape(-1)
