"""This benchmark measures what a verb costs before its first word.

    python -m benchmarks.start --workspace WS

It runs each command several times in a process of its own and prints the least of its CPU-seconds:
what else the machine does only ever adds to them. WS is a workspace with a few episodes and an
evaluation; lists are asked about it, and refusals about a folder that is none.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from benchmarks.rows import print_rows

HELP = ("drive", "train", "learn", "pretrain", "report")
REFUSED = ("train", "learn", "practice", "pretrain", "report", "serve")
"""Verbs that load PyTorch or matplotlib when they run."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    workspace: Annotated[Path, tyro.conf.arg(help="Workspace to ask about.")]
    times: int = 5
    """How often each command is run."""


def main() -> None:
    """Measure and print a table."""
    options = tyro.cli(Options, description=__doc__)
    at = str(options.workspace)
    commands = [["--help"], ["--version"], ["evalute"], ["train", "--bogus"], ["tasks"]]
    commands += [["check", at], ["inspect", at, "-1"], ["ledger", at], ["policies", at]]
    commands += [[verb, "--help"] for verb in HELP]
    rows = []
    with tempfile.TemporaryDirectory() as empty:
        for words in [*commands, *([verb, empty] for verb in REFUSED)]:
            cost = min(cpu_seconds(words) for _ in range(options.times))
            named = [{at: "WS", empty: "EMPTY"}.get(word, word) for word in words]
            rows.append({"sidestick": " ".join(named), "CPU-seconds": round(cost, 2)})
    print_rows(rows, "before the first word")


def cpu_seconds(words: list[str]) -> float:
    """CPU-seconds of one command, its own and the system's for it."""
    before = os.times()
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "sidestick.teleop.cli.main", *words]
    subprocess.run(command, stdout=quiet, stderr=quiet, check=False)
    after = os.times()
    return sum(
        getattr(after, kind) - getattr(before, kind)
        for kind in ("children_user", "children_system")
    )


if __name__ == "__main__":
    main()
