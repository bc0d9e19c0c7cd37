"""`counted` shows on standard error how far a training is in a part, `busy` that it goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from ..base.shown_progress import ShownProgress, counting, uncounted


@contextmanager
def counted(label: str, total: int, shown: bool) -> Iterator[Callable[[int], object]]:
    """Show a bar; call the function that it gives with how many are done."""
    with ShownProgress(*counting(), console=Console(stderr=True), shown=shown) as bar:
        task = bar.add_task(label, total=total)

        def done(count: int) -> None:
            bar.update(task, completed=count)

        yield done


@contextmanager
def busy(label: str, shown: bool) -> Iterator[None]:
    """Show what is being done, and for how long, where nothing can be counted."""
    columns, console = uncounted(), Console(stderr=True)
    with ShownProgress(*columns, console=console, shown=shown, transient=True) as bar:
        bar.add_task(label, total=None)
        yield
