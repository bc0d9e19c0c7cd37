"""The seeds of a release's figures: a block of scenes that nobody has seen, drawn once.

    python -m benchmarks.release                 # prints what was drawn
    python -m benchmarks.release --draw 0.2      # draws the block of release 0.2, once

Seeds from 20000 on were used to choose updates, loss weights, passes and limits, so they are for
validation. Figures that are quoted come from a release's block: the operating system draws it at
random, `results/releases.jsonl` records when and at which commit before any policy drives there,
and a second draw for the same release is refused.
"""

import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.rows import keep_row, print_rows, read_rows
from sidestick.sim_envs.errors import BadValue, UnknownName
from sidestick.teleop.evaluation.seeds import RELEASE

DRAWN = Path(__file__).parent / "results" / "releases.jsonl"
BLOCK = 1_000
"""Seeds of a release."""


@dataclass(frozen=True)
class Options:
    """What to do."""

    draw: str | None = None
    """Name of the release whose block is drawn."""
    drawn: Path = DRAWN
    """File of the blocks that were drawn."""


def draw(release: str, drawn: Path = DRAWN) -> dict[str, Any]:
    """Draw the block of a release and record it; BadValue where it was drawn before."""
    rows = read_rows(drawn)
    if release in {row["release"] for row in rows}:
        raise BadValue("--draw", "a release whose block was not drawn yet", release)
    taken = {row["first_seed"] for row in rows}
    assert RELEASE.count is not None
    blocks = RELEASE.count // BLOCK
    first = RELEASE.first
    while first == RELEASE.first or first in taken:
        first = RELEASE.first + BLOCK * secrets.randbelow(blocks)
    row = {
        "release": release,
        "first_seed": first,
        "seeds": BLOCK,
        "drawn": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": _commit(),
    }
    keep_row(drawn, row)
    return row


def release_seeds(release: str, count: int, drawn: Path = DRAWN) -> range:
    """The first `count` seeds of a release; UnknownName where its block was not drawn."""
    firsts = {row["release"]: int(row["first_seed"]) for row in read_rows(drawn)}
    if release not in firsts:
        raise UnknownName("release", release, firsts)
    if count > BLOCK:
        raise BadValue("seeds of a release", f"at most {BLOCK}", count)
    return range(firsts[release], firsts[release] + count)


def _commit() -> str:
    """The checkout's commit; empty outside a repository."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    found = subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


def main() -> None:
    """Draw if asked to, and print the blocks."""
    options = tyro.cli(Options, description=__doc__)
    if options.draw is not None:
        try:
            draw(options.draw, options.drawn)
        except BadValue as error:
            raise SystemExit(str(error)) from None
    print_rows(read_rows(options.drawn), "blocks of seeds by release")


if __name__ == "__main__":
    main()
