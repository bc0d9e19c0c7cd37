"""This benchmark simulates the statistics that autonomy rests on, and says how often they err.

    python -m benchmarks.evidence            # JSON on standard output, tables for people beside it
    python -m benchmarks.evidence --write    # also into results/evidence.json and docs/evidence.md

A section is a function that gives an `EvidenceTable`; add one to `SECTIONS`, and its table's id
between `<!-- evidence: ID -->` and `<!-- end of evidence -->` in docs/evidence.md.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

from benchmarks.evidence_compare import compare_errors, compare_power
from benchmarks.evidence_demotion import both_tests, detection, wrong_demotions
from benchmarks.evidence_gate import gate_drift, gate_errors, gate_three, gate_verdicts
from benchmarks.evidence_ladder import climbing, coverage, wrong_promotions
from benchmarks.evidence_table import EvidenceTable
from sidestick.sim_envs.errors import UnknownName

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "benchmarks" / "results" / "evidence.json", ROOT / "docs" / "evidence.md"
SECTIONS: tuple[Callable[[int, int], EvidenceTable], ...] = (
    wrong_promotions,
    coverage,
    climbing,
    wrong_demotions,
    both_tests,
    detection,
    gate_errors,
    gate_verdicts,
    gate_three,
    gate_drift,
    compare_errors,
    compare_power,
)
"""Each takes the number of histories and the seed."""
MARKED = re.compile(r"(<!-- evidence: ([\w-]+) -->\n).*?(<!-- end of evidence -->)", re.S)


@dataclass(frozen=True)
class Options:
    """What to simulate."""

    histories: int = 10_000
    """Simulated histories behind each chance."""
    seed: int = 16
    """Of all random numbers."""
    write: bool = False
    """Write the results and the document's tables."""


def measure(histories: int, seed: int) -> dict[str, Any]:
    """All sections, as JSON values."""
    return {
        "command": f"python -m benchmarks.evidence --histories {histories} --seed {seed}",
        "date": time.strftime("%Y-%m-%d"),
        "histories": histories,
        "seed": seed,
        "tables": [section(histories, seed).to_json() for section in SECTIONS],
    }


def read_tables(found: Mapping[str, Any]) -> list[EvidenceTable]:
    """The tables of results."""
    return [EvidenceTable(**table) for table in found["tables"]]


def generated(text: str, tables: Sequence[EvidenceTable]) -> str:
    """A document's text with its tables as the results have them."""
    by_id = {table.id: table for table in tables}

    def table(match: re.Match[str]) -> str:
        if match[2] not in by_id:
            raise UnknownName("table of evidence", match[2], by_id)
        return match[1] + by_id[match[2]].to_markdown() + match[3]

    return MARKED.sub(table, text)


def main() -> None:
    """Simulate, print and perhaps write."""
    options = tyro.cli(Options, description=__doc__)
    found = measure(options.histories, options.seed)
    people = Console(stderr=True)
    for table in read_tables(found):
        people.print(table.to_rich())
    if options.write:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
        PAGE.write_text(generated(PAGE.read_text(), read_tables(found)))
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
