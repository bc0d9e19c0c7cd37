"""How an HDF5 file may be stored: its links, chunks and filters, before anything is read.

A few bytes can lead HDF5 to another file, or make it inflate gigabytes for a column of numbers.
"""

import math
import zlib
from collections.abc import Iterator

import h5py

MOST_ENTRIES = 2000
"""Of all groups of an episode; ours have some forty."""
DEEPEST = 4
"""Groups within each other below an episode: abandoned/0/obs is the deepest of ours."""
DEFLATE, SHUFFLE, FLETCHER32, LZF = 1, 2, 3, 32000
FILTERS = frozenset({DEFLATE, SHUFFLE, FLETCHER32, LZF})
LEAST_CHUNK = 2**20
"""A chunk up to this size may be larger than its dataset, bytes."""
MOST_RATIO = 1032
"""What deflate reaches at most (zlib's technical notes)."""
MOST_INFLATED = 2**27
"""A chunk that could inflate to more is inflated piece by piece first, to see whether it does."""
PIECE = 2**20


def own_group(file: h5py.File, path: str) -> h5py.Group:
    """A group of this very file; ValueError where it lies elsewhere, KeyError where it is not."""
    group: h5py.Group = file
    for name in path.split("/"):
        link = group.get(name, getlink=True)
        if link is None:
            raise KeyError(f"it has no {path}")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{path}: lies in another file")
        group = group[name]
        if not isinstance(group, h5py.Group):
            raise KeyError(f"{name} is no group")
    return group


def link_problems(group: h5py.Group) -> Iterator[str]:
    """Yield what in a group leads elsewhere, and whether there is too much of it."""
    seen = 0
    waiting = [(group, "", 0)]
    while waiting:
        place, prefix, depth = waiting.pop()
        seen += len(place)
        if seen > MOST_ENTRIES or depth > DEEPEST:
            yield f"more than {MOST_ENTRIES} entries or {DEEPEST} groups within each other"
            return
        for name in place:
            if not isinstance(place.get(name, getlink=True), h5py.HardLink):
                yield f"{prefix}{name}: lies in another file"
            elif place.get(name, getclass=True) is h5py.Group:
                waiting.append((place[name], f"{prefix}{name}/", depth + 1))


def storage_problems(dataset: h5py.Dataset, key: str) -> Iterator[str]:
    """Yield why a dataset must not be read: how it is stored takes more than its numbers do."""
    if dataset.chunks is None:
        return
    size = math.prod(dataset.chunks) * dataset.dtype.itemsize
    if size > max(LEAST_CHUNK, 2 * dataset.nbytes):
        yield f"{key}: chunks of {size} bytes for {dataset.nbytes} bytes of numbers"
        return
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    if len(set(filters)) < len(filters) or not FILTERS.issuperset(filters):
        yield f"{key}: filters {filters}, none of which is known or which repeat"
        return
    most = size + size // 50 + 1024
    for offset, stored in _chunks(dataset):
        if stored > most or (DEFLATE in filters and _inflates(dataset, offset, stored, most)):
            yield f"{key}: a chunk that inflates to more than its {size} bytes"
            return


def _chunks(dataset: h5py.Dataset) -> list[tuple[tuple[int, ...], int]]:
    """Where each stored chunk starts, and how many bytes it takes in the file."""
    found: list[tuple[tuple[int, ...], int]] = []
    dataset.id.chunk_iter(lambda chunk: found.append((chunk.chunk_offset, chunk.size)))
    return found


def _inflates(dataset: h5py.Dataset, offset: tuple[int, ...], stored: int, most: int) -> bool:
    """Whether a deflated chunk is larger than `most` bytes; only looked at where it could harm."""
    if stored * MOST_RATIO <= MOST_INFLATED:
        return False
    _, raw = dataset.id.read_direct_chunk(offset)
    stream, size = zlib.decompressobj(), 0
    try:
        while raw and not stream.eof and size <= most:
            size += len(stream.decompress(raw, PIECE))
            raw = stream.unconsumed_tail
    except zlib.error:  # HDF5 says what is wrong with it
        return False
    return size > most
