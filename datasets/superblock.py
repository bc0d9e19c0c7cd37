"""The head of an HDF5 file and its checksum, which some versions of HDF5 leave behind.

`H5Fget_file_image` of HDF5 1.14 (h5py 3.11 to 3.15) clears the flag of a file that is being written
and keeps the checksum from before: nobody, HDF5 itself included, opens such a file again. `hdf5.py`
passes every image through `sealed` before it is written, and `check --repair` mends older files.
"""

from pathlib import Path

from ..sim_envs.free_memory import free_memory
from .cache import SHARE
from .files.durable import replace_file
from .files.plain_file import read_plain

SIGNATURE = b"\x89HDF\r\n\x1a\n"
VERSIONS = (2, 3)
"""Of the superblock; earlier ones carry no checksum."""
SIZED_8 = bytes((8, 8))
"""Offsets and lengths of eight bytes, as all files of ours have."""
FLAGS, BEING_WRITTEN = 11, b"\x01"
"""Where the superblock says who has the file open, and what it says of a writer."""
COVERED, HEAD = 44, 48
"""Bytes that the checksum covers, and where it ends (HDF5 file format 3.0, section II.A)."""
MASK = 0xFFFFFFFF


def sealed(image: bytes) -> bytes:
    """The image of a whole HDF5 file, with the checksum that its superblock should have."""
    head = image[:HEAD]
    if not head.startswith(SIGNATURE) or head[8] not in VERSIONS or head[9:11] != SIZED_8:
        return image
    return head[:COVERED] + lookup3(head[:COVERED]).to_bytes(4, "little") + image[HEAD:]


def mend(path: Path) -> bool:
    """Seal a file anew that carries the checksum from when it was written; whether it did.

    Any other wrong checksum is damage, and stays to be found.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    written = head[:FLAGS] + BEING_WRITTEN + head[FLAGS + 1 :]
    if sealed(head) == head or sealed(written)[COVERED:] != head[COVERED:]:
        return False
    replace_file(path, sealed(read_plain(path, int(SHARE * free_memory()))))
    return True


def lookup3(data: bytes) -> int:
    """Bob Jenkins' hash of 2006 (lookup3.c, hashlittle with initval 0), which HDF5 uses."""
    a = b = c = (0xDEADBEEF + len(data)) & MASK
    while len(data) > 12:
        a, b, c = _mixed(*_added(a, b, c, data))
        data = data[12:]
    return _final(*_added(a, b, c, data.ljust(12, b"\0"))) if data else c


def _added(a: int, b: int, c: int, data: bytes) -> tuple[int, int, int]:
    """The state with the next three words of the data added to it."""
    words = (int.from_bytes(data[start : start + 4], "little") for start in (0, 4, 8))
    a, b, c = ((value + word) & MASK for value, word in zip((a, b, c), words, strict=True))
    return a, b, c


def _turned(value: int, bits: int) -> int:
    """32 bits rotated to the left."""
    return ((value << bits) | (value >> (32 - bits))) & MASK


def _mixed(a: int, b: int, c: int) -> tuple[int, int, int]:
    """lookup3.c's mix()."""
    for bits in (4, 6, 8, 16, 19, 4):
        a = ((a - c) & MASK) ^ _turned(c, bits)
        c = (c + b) & MASK
        a, b, c = b, c, a
    return a, b, c


def _final(a: int, b: int, c: int) -> int:
    """lookup3.c's final()."""
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _turned(b, bits)) & MASK
        a, b, c = b, c, a
    return b
