"""A `Table` is a list of dicts with the same columns, convertible to numpy and pandas."""

import importlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import SidestickError, UnknownName
from ..step import Level
from ..workspace import Workspace

Row: TypeAlias = dict[str, Any]


class Table(Sequence[Row]):
    """Rows with the same columns; behaves like a list of dicts."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        self.columns = tuple(columns)
        self._rows = list(rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "Table": ...
    def __getitem__(self, index: int | slice) -> "Row | Table":
        if isinstance(index, slice):
            return Table(self.columns, self._rows[index])
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"Table({len(self)} rows: {', '.join(self.columns)})"

    def column(self, name: str) -> NDArray[Any]:
        """One column as an array [rows]; UnknownName for one that does not exist."""
        if name not in self.columns:
            raise UnknownName("column", name, self.columns)
        return np.array([row[name] for row in self._rows])

    def to_numpy(self) -> NDArray[np.void]:
        """A structured array [rows]; None becomes NaN in numeric columns, else empty text."""
        columns = {name: _as_array([row[name] for row in self._rows]) for name in self.columns}
        layout = np.dtype([(name, values.dtype) for name, values in columns.items()])
        array = np.zeros(len(self), layout)
        for name, values in columns.items():
            array[name] = values
        return array

    def to_pandas(self) -> Any:
        """A pandas.DataFrame; SidestickError where pandas is not installed."""
        try:
            pandas = importlib.import_module("pandas")
        except ImportError as error:
            raise SidestickError("to_pandas() needs pandas: `pip install pandas`") from error
        return pandas.DataFrame(self._rows, columns=list(self.columns))


def _as_array(values: list[Any]) -> NDArray[Any]:
    """An array [rows]: numbers (float64 with NaN where one is missing), or text."""
    given = [value for value in values if value is not None]
    if all(isinstance(value, bool | int | float) for value in given):
        if len(given) == len(values) and given:
            return np.array(values)
        return np.array([np.nan if value is None else float(value) for value in values])
    return np.array(["" if value is None else str(value) for value in values], np.str_)


Where: TypeAlias = Workspace | Path | str


def opened(where: Where) -> Workspace:
    """The workspace itself, or the one in that folder."""
    return where if isinstance(where, Workspace) else Workspace.open(where)


def table(rows: Sequence[Row], names: str) -> Table:
    """A table of these rows; the columns' names with spaces between."""
    return Table(names.split(), rows)


def moment(seconds: float) -> str:
    """A time (s since 1970) as UTC in ISO 8601, to the second."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def level_name(number: object) -> str | None:
    """A level's name from its number; None for anything else."""
    known = {int(level): level.name.lower() for level in Level}
    return known.get(number) if isinstance(number, int) else None
