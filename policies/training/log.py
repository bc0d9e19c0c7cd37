"""`TrainingLog` writes a training's metrics to metrics.jsonl, TensorBoard and a progress bar.

`train_on` opens it and the training's subscribers write rows.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

import msgspec
from rich.console import Console
from rich.progress import BarColumn, TextColumn

from ...datasets.files.decoding import decoded, parsed_json
from ...datasets.files.plain_file import read_plain
from ..base.shown_progress import LABEL, LEFT, ShownProgress

METRICS = "metrics.jsonl"
MOST_BYTES = 2**28
"""Of a file of metrics; one of a training of an hour has a megabyte."""


class TrainingLog:
    """A context that writes rows of metrics by step; on resuming, later rows are dropped.

    With `writes` false it does nothing, in all processes but the main one.
    """

    def __init__(
        self,
        folder: Path,
        steps: int,
        done: int,
        tensorboard: bool,
        progress: bool,
        writes: bool = True,
    ) -> None:
        tensorboard, progress, self._writes = tensorboard and writes, progress and writes, writes
        self._path = folder / METRICS
        if writes:
            self._begin(folder, done)
        self._board = _summary_writer(folder / "tensorboard", done) if tensorboard else None
        self._progress = ShownProgress(
            LABEL,
            BarColumn(),
            TextColumn("{task.completed}/{task.total}  loss {task.fields[loss]:.4f}"),
            *LEFT,
            console=Console(stderr=True),
            shown=progress,
        )
        self._task = self._progress.add_task("training", total=steps, completed=done, loss=0.0)

    def _begin(self, folder: Path, done: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        kept = [row for row in read_metrics(folder) if row["step"] <= done] if done else []
        self._path.write_text("".join(json.dumps(row) + "\n" for row in kept))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
        if self._board is not None:
            self._board.close()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Meanwhile the bar is not shown, so that another one can be."""
        self._progress.stop()
        try:
            yield
        finally:
            self._progress.start()

    def row(self, step: int, **figures: float) -> None:
        """Write the metrics of one step and advance the progress bar."""
        if not self._writes:
            return
        with self._path.open("a") as file:
            file.write(json.dumps({"step": step, **figures}) + "\n")
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(name, value, step)
        self._progress.update(self._task, completed=step, loss=figures.get("loss", 0.0))


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The rows that a training wrote, up to the first that is none, such as an incomplete one."""
    try:
        lines = read_plain(folder / METRICS, MOST_BYTES, links=True).splitlines()
    except OSError:
        return []
    rows = []
    for line in lines:
        try:
            row = parsed_json(line, METRICS)
            decoded(row, _Row, METRICS)
        except ValueError:
            break
        rows.append(row)
    return rows


class _Row(msgspec.Struct):
    """What every row has."""

    step: Annotated[int, msgspec.Meta(ge=0)]


def _summary_writer(folder: Path, done: int) -> Any:
    from torch.utils.tensorboard import SummaryWriter  # takes a second to import

    return SummaryWriter(str(folder), purge_step=done + 1 if done else None)
