"""What goes where: JSON alone to standard output, everything for people to standard error."""

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
    """Tell a person."""
    PEOPLE.print(escape(text))


def complain(error: object) -> None:
    """Tell a person what went wrong."""
    PEOPLE.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)


def print_json(value: object) -> None:
    """Tell a script: one JSON document, with numbers that are not finite as null."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")
    sys.stdout.flush()


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[str], None]]:
    """A bar on standard error; call what it gives once per item, with a word on how it stands."""
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
