"""The table of kills, by verb, from the rows that `kills` keeps."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.rows import print_rows
from sidestick.datasets.tables.wilson import wilson

ALL = "all"
KILLS = "kills.jsonl"
"""The table's file in `results`, from which `figures` writes it into the documents."""


def tabulated(rows: Sequence[dict[str, Any]], faults: Sequence[str]) -> list[dict[str, str]]:
    """A line for each verb and one for all: kills, and after how many of them each fault."""
    names = sorted({str(row["verb"]) for row in rows})
    groups = {name: [row for row in rows if row["verb"] == name] for name in names}
    return [_line(name, found, faults) for name, found in {**groups, ALL: list(rows)}.items()]


def _line(name: str, rows: Sequence[dict[str, Any]], faults: Sequence[str]) -> dict[str, str]:
    bad = sum(any(row[fault] for fault in faults) for row in rows)
    return {
        "verb": name,
        "kills": f"{len(rows):,}",
        **{fault: str(sum(bool(row[fault]) for row in rows)) for fault in faults},
        "any, at most (95 %)": f"{100 * wilson(bad, len(rows))[1]:.1f} %",
    }


def print_table(rows: Sequence[dict[str, Any]], faults: Sequence[str]) -> None:
    """Print it."""
    print_rows(tabulated(rows, faults), f"{len(rows):,} kills")


def write_table(rows: Sequence[dict[str, Any]], faults: Sequence[str], file: Path) -> None:
    """Write it, a JSON line for each of the table's."""
    lines = (json.dumps(line) for line in tabulated(rows, faults))
    file.write_text("".join(f"{line}\n" for line in lines))
