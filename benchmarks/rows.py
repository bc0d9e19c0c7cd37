"""Benchmarks keep each measurement as a JSON line as soon as it is made, and never repeat it."""

import json
import platform
import re
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

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


def circumstances() -> dict[str, str]:
    """What a figure needs beside its counts: the command, the day and the CPU."""
    module = Path(sys.argv[0]).stem
    words = [Path(word).name if "/" in word else word for word in sys.argv[1:]]
    return {
        "command": shlex.join(["python", "-m", f"benchmarks.{module}", *words]),
        "date": time.strftime("%Y-%m-%d"),
        "cpu": cpu(),
    }


def cpu() -> str:
    """The processor's model and generation; the platform's word where it does not say."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    found = {
        key: match.group(1).strip()
        for key in ("model name", "cpu family", "model")
        if (match := re.search(rf"^{key}\s*:(.*)$", text, re.M))
    }
    if not found:
        return platform.processor() or platform.machine()
    return (
        f"{found.get('model name', '')} (family {found.get('cpu family', '?')}, "
        f"model {found.get('model', '?')})"
    )


def print_rows(rows: Sequence[dict[str, Any]], title: str) -> None:
    """Print rows as a table with a column for each key."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    drawn = Table(*names, title=title)
    for row in rows:
        drawn.add_row(*(str(row.get(name, "")) for name in names))
    Console(width=160).print(drawn)
