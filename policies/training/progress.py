"""`counted` shows on standard error how far a training is in a part, `busy` that it goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from ..base.shown_progress import ShownProgress, counting, shown_soon, uncounted


@contextmanager
def counted(
    label: str, total: int, shown: bool, passing: bool = False
) -> Iterator[Callable[[int], object]]:
    """Show a bar; call the function that it gives with how many are done.

    One in `passing` appears after a second alone, and is gone when the work is done.
    """
    console = Console(stderr=True)
    bar = ShownProgress(*counting(), console=console, shown=shown, transient=passing)
    task = bar.add_task(label, total=total)

    def done(count: int) -> None:
        bar.update(task, completed=count)

    with shown_soon(bar) if passing else bar:
        yield done


@contextmanager
def busy(label: str, shown: bool) -> Iterator[None]:
    """Show what is being done, and for how long, where nothing can be counted."""
    columns, console = uncounted(), Console(stderr=True)
    bar = ShownProgress(*columns, console=console, shown=shown, transient=True)
    bar.add_task(label, total=None)
    with shown_soon(bar):
        yield
