"""Commands print by these functions: JSON to standard output, text for people to stderr."""

import json
import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Any, cast

from rich.console import Console
from rich.progress import TextColumn
from rich.text import Text

from ...datasets.files.plain_text import plain_text, valid_json
from ...policies.base.shown_progress import ShownProgress, counting, shown_soon, uncounted
from .streams import Unfailing, put_out, speaks_unicode

LOG_FORMAT = "%(levelname)s: %(message)s"


class PlainConsole(Console):
    """Shows every text as it is: no markup, no emoji names, no control characters of strangers."""

    def __init__(self) -> None:
        super().__init__(stderr=True, highlight=False, markup=False, emoji=False)

    @property
    def file(self) -> IO[str]:
        """Standard error as it is now; a failure to write there ends nothing."""
        return cast(IO[str], Unfailing(super().file))

    @file.setter
    def file(self, new: IO[str]) -> None:
        self._file = new

    def render_str(self, text: str, **options: Any) -> Text:
        """A text, also the cell or title of a table, as it is printed."""
        return super().render_str(plain_text(text), **options)


class PlainFormatter(logging.Formatter):
    """Formats warnings, in which names of files and messages of libraries stand, as plain text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line to print."""
        return plain_text(super().format(record))


PEOPLE = PlainConsole()


def log_handler() -> logging.Handler:
    """The handler of warnings, which go to standard error."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(PlainFormatter(LOG_FORMAT))
    return handler


def say(text: str) -> None:
    """Print a line for people."""
    PEOPLE.print(text)


def complain(error: object) -> None:
    """Print an error for people, also where nothing else is said."""
    was, PEOPLE.quiet = PEOPLE.quiet, False
    PEOPLE.print(Text("error:", "bold red"), plain_text(str(error)), soft_wrap=True)
    PEOPLE.quiet = was


def be_quiet(quiet: bool) -> None:
    """From now on print errors alone for people, or what there is to say too."""
    PEOPLE.quiet = quiet


def shows() -> bool:
    """Whether anything but errors is printed for people."""
    return not PEOPLE.quiet


def show_more() -> None:
    """From now on show what is logged for information too."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, PlainFormatter):
            handler.setLevel(logging.INFO)


def print_json(value: object) -> None:
    """Print one JSON document for scripts, with null for numbers that are not finite."""
    text = json.dumps(
        _finite(value), ensure_ascii=not speaks_unicode(), indent=1, default=str, allow_nan=False
    )
    put_out(valid_json(text) + "\n")


def _finite(value: object) -> object:
    """A value of dicts, lists and tuples with None for numbers that are not finite."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def loading() -> AbstractContextManager[None]:
    """Show after a second that PyTorch is loaded: where disks are slow it takes long."""
    return working("loading PyTorch")


@contextmanager
def working(label: str) -> Iterator[None]:
    """Show after a second what is being done, and for how long, where nothing can be counted."""
    bar = ShownProgress(*uncounted(), console=PEOPLE, shown=shows(), transient=True)
    bar.add_task(label, total=None)
    with shown_soon(bar):
        yield


@contextmanager
def progress(label: str, total: int, passing: bool = False) -> Iterator[Callable[[str], None]]:
    """Show a progress bar; call the function that it gives once per step, with a short note.

    It appears with the first step, or after a second: what is refused at once shows none. One in
    `passing` appears after a second alone, and is gone when the work is done.
    """
    note = TextColumn("{task.fields[note]}", markup=False)
    bar = ShownProgress(*counting(note), console=PEOPLE, shown=shows(), transient=passing)
    task = bar.add_task(label, total=total, note="")

    def done(note: str) -> None:
        if not passing:
            bar.start()
        bar.update(task, advance=1, note=plain_text(note))

    with shown_soon(bar):
        yield done
