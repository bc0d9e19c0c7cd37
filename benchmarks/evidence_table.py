"""An `EvidenceTable` holds simulated error rates, as JSON values, for people and for documents."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from scipy.stats import binomtest

Value = str | int | float | Mapping[str, Any] | None


def chance(hits: int, histories: int) -> dict[str, Any]:
    """A simulated chance with its exact 95 % Monte-Carlo interval (Clopper and Pearson 1934)."""
    interval = binomtest(hits, histories).proportion_ci(0.95, method="exact")
    low, high = float(interval.low), float(interval.high)
    return {"hits": hits, "histories": histories, "interval95": [round(low, 6), round(high, 6)]}


@dataclass(frozen=True)
class EvidenceTable:
    """One table; its rows are JSON values by column."""

    id: str
    title: str
    """A sentence that says what was simulated."""
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Value]]
    """A value is text, a number, a `chance`, or None for nothing."""

    def to_json(self) -> dict[str, Any]:
        """The table as JSON values."""
        return asdict(self)

    def cells(self) -> list[list[str]]:
        """The rows as they are shown."""
        return [[shown(row.get(column)) for column in self.columns] for row in self.rows]

    def to_rich(self) -> Table:
        """The table for a terminal."""
        table = Table(*self.columns, title=self.title, box=SIMPLE)
        for cells in self.cells():
            table.add_row(*cells)
        return table

    def to_markdown(self) -> str:
        """The table for a document, with its title above."""
        lines = [self.columns, ["---"] * len(self.columns), *self.cells()]
        body = "".join(f"| {' | '.join(line)} |\n" for line in lines)
        return f"{self.title}\n\n{body}"


def shown(value: Value) -> str:
    """A value as text; a chance with its interval."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        low, high = value["interval95"]
        return f"{value['hits'] / value['histories']:.4f} [{low:.4f}, {high:.4f}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
