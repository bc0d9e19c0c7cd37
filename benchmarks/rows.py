"""Measurements as JSON lines: one is kept as soon as it is known, so that none is made twice."""

import json
import sys
import time
from pathlib import Path
from typing import Any

EPISODES = "per_episode"
"""Key of a row's episodes, which are kept and not printed."""


def read_rows(path: Path) -> list[dict[str, Any]]:
    """All measurements of a file; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def keep_row(path: Path, row: dict[str, Any]) -> None:
    """Append one measurement, and say so on standard error."""
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")
    brief = {name: value for name, value in row.items() if name != EPISODES}
    print(time.strftime("%X"), json.dumps(brief), file=sys.stderr, flush=True)
