"""Small things that every table is made with."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from .step import Level
from .table import Row, Table
from .workspace import Workspace

Where: TypeAlias = Workspace | Path | str


def opened(where: Where) -> Workspace:
    """The workspace itself, or the one in that folder."""
    return where if isinstance(where, Workspace) else Workspace.open(where)


def table(rows: Sequence[Row], names: str) -> Table:
    """A table of these rows; the columns' names with spaces between."""
    return Table(names.split(), rows)


def moment(seconds: float) -> str:
    """UTC as ISO 8601, to the second."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def level_name(number: object) -> str | None:
    """A level's name from its number; None for anything else."""
    known = {int(level): level.name.lower() for level in Level}
    return known.get(number) if isinstance(number, int) else None
