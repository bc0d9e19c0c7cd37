"""`EpisodeRows` is meta/episodes of a LeRobot dataset: each episode's place and instruction."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import FormatError
from ...files.names import shown
from ...hdf5 import UNREADABLE
from .files import below, path_in
from .layout import TASKS
from .tables import read_rows

PLACE = ("data/chunk_index", "data/file_index")
FROM = "dataset_from_index"
LARGEST = 2**53


class EpisodeRows:
    """The rows of a dataset's episodes; FormatError where there is none."""

    def __init__(self, root: Path, info: Mapping[str, Any]) -> None:
        self._root, self._template = root, info.get("data_path")
        self._rows = list(_rows_of(root))
        if not self._rows:
            raise FormatError(f"{root}: no episode in meta/episodes")
        self._firsts: dict[tuple[int, int], int] = {}
        for row in self._rows:
            place, first = _place_of(row), whole(row, FROM)
            self._firsts[place] = min(first, self._firsts.get(place, first))
        self._tasks: dict[int, str] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._rows)

    def place(self, row: Mapping[str, Any]) -> tuple[Path, int]:
        """The file of an episode's frames, and its first row in it."""
        place = _place_of(row)
        path = path_in(self._root, self._template, chunk_index=place[0], file_index=place[1])
        return path, whole(row, FROM) - self._firsts[place]

    def instruction(self, row: Mapping[str, Any], frames: Mapping[str, NDArray[Any]]) -> str:
        """An episode's instructions; by its frames' numbers where the row has none of them."""
        if row.get("tasks") is not None:
            return "; ".join(map(str, row["tasks"]))
        if self._tasks is None:
            self._tasks = _tasks_of(self._root)
        numbers = np.unique(frames.get("task_index", np.zeros(0, int))).tolist()
        return "; ".join(self._tasks[number] for number in numbers if number in self._tasks)


def _rows_of(root: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of meta/episodes, without the statistics."""
    for path in sorted((root / "meta/episodes").glob("*/*.parquet")):
        try:
            below(root, path.relative_to(root).as_posix())
            yield from read_rows(path)
        except (LookupError, *UNREADABLE) as error:
            raise FormatError(f"{path}: {error}") from error


def _place_of(row: Mapping[str, Any]) -> tuple[int, int]:
    """Chunk and file of an episode's frames."""
    return whole(row, PLACE[0]), whole(row, PLACE[1])


def _tasks_of(root: Path) -> dict[int, str]:
    """The instructions by number; the text is pandas' index, of whatever name."""
    found: dict[int, str] = {}
    for row in read_rows(below(root, TASKS)):
        texts = [value for key, value in row.items() if key != "task_index"]
        found[whole(row, "task_index")] = str(texts[0]) if texts else ""
    return found


def whole(row: Mapping[str, Any], key: str) -> int:
    """A count or an index in a row; FormatError for anything else."""
    value = row.get(key)
    if not isinstance(value, int) or not 0 <= value < LARGEST:
        raise FormatError(f"{key}: expected a whole number from 0, got {shown(value)}")
    return value
