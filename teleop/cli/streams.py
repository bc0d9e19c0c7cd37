"""The standard streams of a command, which daemons, pipes and full disks may have taken away.

A stream that is closed when the command starts is a hole: the next file that is opened gets its
number, and what a library prints would land in that file. So each hole is filled at once.
"""

import contextlib
import os
import sys
from typing import IO, Any

STREAMS = {0: os.O_RDONLY, 1: os.O_WRONLY, 2: os.O_WRONLY}


class OutputLost(OSError):
    """The command's result could not be written to standard output."""


def fill_holes() -> None:
    """Open the standard streams that are closed, to nowhere."""
    for number, mode in STREAMS.items():
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, mode)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            os.set_inheritable(number, True)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115


def folder_missing() -> str:
    """What is wrong with the present folder; native libraries die of one that was removed."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the folder that this shell is in was removed; go to another one (cd)"
    return ""


def give_up(stream: IO[str]) -> None:
    """Send what is written to a stream that fails nowhere, also what Python writes at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def speaks_unicode() -> bool:
    """Whether standard output takes every letter; an ASCII terminal or locale does not."""
    return (sys.stdout.encoding or "utf-8").lower().replace("-", "").startswith("utf")


def put_out(text: str) -> None:
    """Write to standard output; OutputLost where nobody takes it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        give_up(sys.stdout)
        raise OutputLost(
            f"what the command did is done, but standard output takes no more: {error.strerror}"
        ) from error


class Unfailing:
    """A stream for people, whose failure ends nothing: a terminal that was closed, a full disk."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or from now on nowhere."""
        try:
            return self._stream.write(text)
        except OSError:
            give_up(self._stream)
            return len(text)

    def flush(self) -> None:
        """Flush, or from now on nowhere."""
        try:
            self._stream.flush()
        except OSError:
            give_up(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
