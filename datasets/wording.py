"""What HDF5 says of a file it cannot read, in words for people."""

import re
from pathlib import Path

CHANGED = "a checksum does not fit, it was changed since it was written"
WORDS = {
    "file signature not found": "not an HDF5 file",
    "filter returned failure during read": CHANGED,
    "checksum": CHANGED,
    "Permission denied": "no permission to read it",
}
"""A part of HDF5's message, and what it means."""
_CUT_OFF = re.compile(r"truncated file: eof = (\d+), .*stored_eof = (\d+)")
_COLUMN = re.compile(r"[\w/]+: ")


def in_plain_words(path: Path, message: str) -> str:
    """Return what is wrong with a file; a message that is not known is handed on as it is."""
    if not path.exists():
        return "a link that points nowhere" if path.is_symlink() else "there is no such file"
    if not path.stat().st_size:
        return "empty"
    if cut_off := _CUT_OFF.search(message):
        return "truncated: {} of {} bytes are there".format(*cut_off.groups())
    for part, meaning in WORDS.items():
        if part in message:
            column = _COLUMN.match(message)
            return f"{column.group() if column else ''}{meaning}"
    return message
