"""Commands print by these functions: JSON to standard output, text for people to stderr."""

import json
import sys
from collections.abc import Callable, Iterator
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

PEOPLE = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print a line for people."""
    PEOPLE.print(escape(text))


def complain(error: object) -> None:
    """Print an error for people."""
    PEOPLE.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)


def print_json(value: object) -> None:
    """Print one JSON document for scripts."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")
    sys.stdout.flush()


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show a progress bar; call the function that it gives once per step, with a short note."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=PEOPLE) as bar:
        task = bar.add_task(label, total=total, note="")

        def done(note: str) -> None:
            bar.update(task, advance=1, note=note)

        yield done
