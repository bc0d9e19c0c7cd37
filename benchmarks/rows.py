"""Benchmarks keep each measurement as a JSON line as soon as it is made, and never repeat it."""

import json
import sys
import time
from pathlib import Path
from typing import Any

EPISODES = "per_episode"
"""Key of a row's episodes, which are stored but not printed."""


def read_rows(path: Path) -> list[dict[str, Any]]:
    """All measurements in a file; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def keep_row(path: Path, row: dict[str, Any]) -> None:
    """Append one measurement, and print it on standard error without its episodes."""
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")
    brief = {name: value for name, value in row.items() if name != EPISODES}
    print(time.strftime("%X"), json.dumps(brief), file=sys.stderr, flush=True)
