"""`counted` shows on standard error how far a part of a training is, and how long it takes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def counted(label: str, total: int, shown: bool) -> Iterator[Callable[[int], object]]:
    """Show a bar; call the function that it gives with how many are done."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("time left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bar:
        task = bar.add_task(label, total=total)

        def done(count: int) -> None:
            bar.update(task, completed=count)

        yield done
