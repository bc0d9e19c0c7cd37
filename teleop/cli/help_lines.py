"""`whole_words` prints help so that no word is broken at the edge of the terminal.

tyro wraps the texts of options. What stands above them it leaves to the terminal, which breaks
lines wherever they are full.
"""

import codecs
import contextlib
import io
import re
import shutil
from collections.abc import Iterator
from typing import TextIO

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
"""An escape sequence, which takes no place on the screen."""
ALL_VERBS = re.compile(r"\{[a-z-]+(,[a-z-]+){9,}\}")
"""The list of all verbs in the line of usage; they follow with a sentence each."""


class _LikeTerminal(io.TextIOWrapper):
    """Keeps what is written, and is otherwise like a stream: tyro colours for a terminal."""

    def __init__(self, stream: TextIO) -> None:
        encoding = codecs.lookup(stream.encoding or "utf-8").name  # tyro asks whether it is "utf-8"
        super().__init__(io.BytesIO(), encoding=encoding, errors="replace")
        self._stream = stream

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def text(self) -> str:
        """All that was written."""
        self.seek(0)
        return self.read()


@contextlib.contextmanager
def whole_words(stream: TextIO) -> Iterator[None]:
    """What is printed to standard output meanwhile goes to `stream`, its lines wrapped."""
    kept = _LikeTerminal(stream)
    try:
        with contextlib.redirect_stdout(kept):
            yield
    finally:
        width = shutil.get_terminal_size().columns
        lines = ALL_VERBS.sub("VERB", kept.text()).split("\n")
        stream.write("\n".join(part for line in lines for part in wrapped(line, width)))


def wrapped(line: str, width: int) -> Iterator[str]:
    """The line in parts of at most `width` places, broken at spaces; a longer word stays whole."""
    if len(COLOUR.sub("", line)) <= width:
        yield line
        return
    part = ""
    for word in line.split(" "):
        longer = f"{part} {word}" if part else word
        if part and len(COLOUR.sub("", longer)) > width:
            yield part
            longer = word
        part = longer
    yield part
