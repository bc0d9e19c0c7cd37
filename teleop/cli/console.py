"""Commands print by these functions: JSON to standard output, text for people to stderr."""

import json
import math
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

SHOWN_AFTER_S = 1.0
PEOPLE = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print a line for people."""
    PEOPLE.print(escape(text))


def complain(error: object) -> None:
    """Print an error for people."""
    PEOPLE.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)


def print_json(value: object) -> None:
    """Print one JSON document for scripts, with null for numbers that are not finite."""
    text = json.dumps(_finite(value), ensure_ascii=False, indent=1, default=str, allow_nan=False)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _finite(value: object) -> object:
    """A value of dicts, lists and tuples with None for numbers that are not finite."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show a progress bar; call the function that it gives once per step, with a short note.

    It appears with the first step, or after a second: what is refused at once shows none.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    bar = Progress(*columns, console=PEOPLE)
    task = bar.add_task(label, total=total, note="")
    soon = threading.Timer(SHOWN_AFTER_S, bar.start)
    soon.daemon = True
    soon.start()

    def done(note: str) -> None:
        bar.start()
        bar.update(task, advance=1, note=note)

    try:
        yield done
    finally:
        soon.cancel()
        soon.join()
        if bar.live.is_started:
            bar.stop()
