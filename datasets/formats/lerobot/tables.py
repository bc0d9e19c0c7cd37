"""This module reads and writes the parquet files of a LeRobot dataset."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import FormatError
from ....sim_envs.free_memory import free_memory
from ...cache import SHARE
from ..optional import require
from .layout import CHUNK_FILES, DATA_MB, DATA_PATH
from .stats import Stats

STATISTICS = "stats/"
"""What the columns of an episode's statistics begin with."""
BATCH_ROWS = 1024
"""Rows of a data file that are read at a time: a row group may claim any number of them."""
MOST_ROWS, MOST_ROWS_BYTES = 200_000, 2**28
"""Of the tables of episodes and tasks; the largest public dataset has 76,000 episodes."""


class DataFiles:
    """Writes the frames: one row group per episode, a new file when the last is large enough."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pa, self._pq = require("pyarrow", "lerobot"), require("pyarrow.parquet", "lerobot")
        self._writer: Any = None
        self._path = folder
        self._number = -1

    def append(
        self, columns: Mapping[str, NDArray[Any]], pictures: Mapping[str, Sequence[bytes]]
    ) -> tuple[int, int]:
        """Write an episode's columns [T, ...] and T pictures; return their chunk and file."""
        arrays = {key: self._array(rows) for key, rows in columns.items()}
        kind = self._pa.struct([("bytes", self._pa.binary()), ("path", self._pa.string())])
        for key, files in pictures.items():
            rows = [{"bytes": data, "path": None} for data in files]
            arrays[key] = self._pa.array(rows, kind)
        table = self._pa.table(arrays)
        if self._writer is None or self._path.stat().st_size > DATA_MB * 2**20:
            self._begin(table.schema)
        self._writer.write_table(table)
        return divmod(self._number, CHUNK_FILES)

    def close(self) -> None:
        """Complete the last file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _begin(self, schema: Any) -> None:
        self.close()
        self._number += 1
        chunk, file = divmod(self._number, CHUNK_FILES)
        self._path = self._folder / DATA_PATH.format(chunk_index=chunk, file_index=file)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = self._pq.ParquetWriter(self._path, schema, compression="snappy")

    def _array(self, rows: NDArray[Any]) -> Any:
        """A column as an Arrow array of numbers, or of lists of one length.

        LeRobot writes and reads a vector of one number as a plain number.
        """
        flat = self._pa.array(np.ascontiguousarray(rows).reshape(-1))
        if rows.ndim == 1 or rows.shape[1] == 1:
            return flat
        return self._pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])


def write_tasks(path: Path, tasks: Sequence[str]) -> None:
    """Write the instructions; pandas reads them back as an index named `task`."""
    pa, pq = require("pyarrow", "lerobot"), require("pyarrow.parquet", "lerobot")
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [
        _pandas_column("task_index", "int64", "int64"),
        _pandas_column("task", "unicode", "object"),
    ]
    notes = {"index_columns": ["task"], "column_indexes": [], "columns": columns}
    table = pa.table({"task_index": pa.array(range(len(tasks)), pa.int64()), "task": list(tasks)})
    metadata = {"pandas": json.dumps(notes | {"pandas_version": "2.0.0"})}
    pq.write_table(table.replace_schema_metadata(metadata), path)


def write_episodes(
    path: Path, rows: Sequence[Mapping[str, Any]], stats: Sequence[Mapping[str, Stats]]
) -> None:
    """Write one row per episode: the place of its frames, and its statistics."""
    pa, pq = require("pyarrow", "lerobot"), require("pyarrow.parquet", "lerobot")
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    for key, found in stats[0].items():
        for name in found:
            columns[f"stats/{key}/{name}"] = [part[key][name].tolist() for part in stats]
    pq.write_table(pa.table(columns), path)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read a table of episodes or tasks as a list of rows, without statistics.

    FormatError where it claims more rows or bytes than a dataset's descriptions have.
    """
    pq = require("pyarrow.parquet", "lerobot")
    with pq.ParquetFile(path, memory_map=True) as file:
        names = [name for name in file.schema_arrow.names if not name.startswith(STATISTICS)]
        groups = (file.metadata.row_group(n) for n in range(file.metadata.num_row_groups))
        claimed = sum(_bytes_of(group, names) for group in groups)
        if file.metadata.num_rows > MOST_ROWS or claimed > MOST_ROWS_BYTES:
            raise FormatError(f"{path}: claims {file.metadata.num_rows} rows of {claimed} bytes")
        rows: list[dict[str, Any]] = file.read(columns=names).to_pylist()
    return rows


def read_columns(path: Path, keys: Sequence[str], start: int, count: int) -> dict[str, Any]:
    """Read `count` frames of a file from `start`: numbers as arrays, images as encoded files.

    FormatError where the file has fewer, or claims more than half of the free memory for them.
    """
    pq, pa = require("pyarrow.parquet", "lerobot"), require("pyarrow", "lerobot")
    with pq.ParquetFile(path, memory_map=True) as file:
        groups, before = _groups_of(file.metadata, start, count)
        claimed = sum(_bytes_of(file.metadata.row_group(group), keys) for group in groups)
        if claimed > SHARE * free_memory():
            raise FormatError(f"{path}: claims {claimed} bytes, more than half of the free memory")
        batches = file.iter_batches(BATCH_ROWS, row_groups=groups, columns=list(keys))
        parts = list(_rows(batches, start - before, count))
    found_rows = sum(len(part) for part in parts)
    if found_rows != count:
        raise FormatError(f"{path}: has {found_rows} of {count} frames from {start} on")
    table = pa.Table.from_batches(parts)
    found: dict[str, Any] = {}
    for key in keys:
        column = table.column(key).combine_chunks()
        if pa.types.is_struct(column.type):
            found[key] = [row["bytes"] if row else None for row in column.to_pylist()]
        elif pa.types.is_fixed_size_list(column.type):
            width = column.type.list_size
            found[key] = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
        elif pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            found[key] = np.array(column.to_pylist())
        else:
            found[key] = column.to_numpy(zero_copy_only=False)
    return found


def _rows(batches: Iterable[Any], first: int, count: int) -> Iterator[Any]:
    """Of some batches the `count` rows from the `first` on; the rest is not kept, nor read."""
    for batch in batches:
        part = batch.slice(first, count) if first < len(batch) else batch.slice(0, 0)
        yield part
        first, count = max(0, first - len(batch)), count - len(part)
        if count <= 0:
            return


def _groups_of(metadata: Any, start: int, count: int) -> tuple[list[int], int]:
    """The row groups that hold these rows, and how many rows lie before the first of them."""
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    ends = np.cumsum(sizes)
    groups = [
        group
        for group, end in enumerate(ends.tolist())
        if end > start and end - sizes[group] < start + count
    ]
    return groups, int(ends[groups[0]] - sizes[groups[0]]) if groups else start


def _bytes_of(group: Any, keys: Sequence[str]) -> int:
    """The unpacked bytes of these columns of a row group: claimed, and at least one a value."""
    names = tuple(keys)
    inside = tuple(f"{key}." for key in keys)
    found = (group.column(number) for number in range(group.num_columns))
    wanted = [
        column
        for column in found
        if column.path_in_schema in names or column.path_in_schema.startswith(inside)
    ]
    return sum(max(column.total_uncompressed_size, 8 * column.num_values) for column in wanted)


def _pandas_column(name: str, kind: str, numpy_type: str) -> dict[str, Any]:
    """pandas' metadata of a column."""
    names = {"name": name, "field_name": name}
    return names | {"pandas_type": kind, "numpy_type": numpy_type, "metadata": None}
