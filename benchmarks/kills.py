"""This benchmark kills every verb that writes at random moments, and counts what is lost.

    python -m benchmarks.kills --count 1000 --folder FOLDER [--only drive merge]

Each chain copies a prepared workspace and starts a verb in it, which is killed at a moment drawn
uniformly over the time that it takes; the next start, in the same workspace, is killed too, five
times. Then the verb must run to its end, `check --repair` must mend what is there, and all that was
finished before a kill must be there once, unchanged. Four of five signals are SIGKILL. Rows are
appended to FOLDER/kills.jsonl; the same command goes on where it was stopped.
"""

import contextlib
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro

from benchmarks.figure import RESULTS
from benchmarks.kill_bases import make_bases
from benchmarks.kill_facts import Facts, doubled, lost, read_facts
from benchmarks.kill_outcomes import Scene
from benchmarks.kill_process import Ending, read, run
from benchmarks.kill_table import KILLS, print_table, write_table
from benchmarks.kill_verbs import VERBS, Verb
from benchmarks.rows import circumstances, keep_row, read_rows
from sidestick.datasets.checking.check import check
from sidestick.datasets.workspace import Workspace

CHAIN = 5
"""Kills in one workspace, one after the other."""
SIGNALS = (*[signal.SIGKILL] * 8, signal.SIGINT, signal.SIGTERM)
ROWS, DURATIONS = "kills.jsonl", "durations.json"
FORGETTING = 0.3
"""Weight of the last duration of a verb in its mean: the machine's load changes."""
FAULTS = ("lost", "doubled", "refused", "unmended", "wrong", "traceback", "orphans")
"""Keys of a row that are empty where all is well."""


@dataclass(frozen=True)
class Options:
    """What to kill."""

    folder: Path
    """Where prepared workspaces and results are kept."""
    count: int = 1000
    """Kills in all, those of earlier runs included."""
    only: tuple[str, ...] = ()
    """Names of verbs; all unless given."""
    until: str | None = None
    """Time of the day at which to stop, such as 19:15."""
    seed: int = 0
    """Seed of the moments, signals and verbs."""
    table: bool = False
    """Only print the table of what is there, and write it into results/."""


@dataclass
class Chain:
    """A workspace in which a verb is killed again and again."""

    verb: Verb
    scene: Scene
    rows: list[dict[str, Any]] = field(default_factory=list)
    seconds: float | None = None
    """How long the last run took, which nobody killed; None where there was none."""

    def __post_init__(self) -> None:
        shutil.copytree(self.scene.bases / self.verb.base, self.scene.workspace)
        self.command = read(self.verb.words(self.scene))
        self.facts = self.first = self.read()

    @property
    def places(self) -> tuple[Path, ...]:
        """The workspaces that the verb may change."""
        made = (self.scene.target,) if self.verb.makes_workspace else ()
        return (self.scene.workspace, *made)

    def read(self) -> list[Facts]:
        """What is in each of the places now."""
        return [read_facts(place) for place in self.places]

    def run(self, **kill: Any) -> Ending:
        """Start the verb."""
        log = self.scene.workspace.with_name("log")
        return run(self.command, log, self.verb.prepare, **kill)

    def kill(self, number: signal.Signals, after_s: float) -> bool:
        """Start the verb and kill it; whether it was still running then."""
        ending = self.run(kill=number, after_s=after_s)
        if not ending.killed:
            if ending.failed(self.verb.codes) and self.rows and not self.verb.reached(self.scene):
                self.rows[-1]["refused"].append(ending.said[-1000:])
            return False
        row: dict[str, Any] = {name: [] for name in FAULTS}
        row |= {"signal": number.name, "after_s": round(after_s, 3)}
        self.rows.append(row)
        if "Traceback (most recent" in ending.said:
            row["traceback"].append(ending.said[-2000:])
        if ending.orphans:
            row["orphans"].append("workers")
        self.compare()
        return True

    def compare(self) -> None:
        """Enter into the last row what is gone since the last look, and what is there twice."""
        now = self.read()
        for before, after in zip(self.facts, now, strict=True):
            self.rows[-1]["lost"] += lost(before, after)
            self.rows[-1]["doubled"] += doubled(after)
        self.facts = now

    def finish(self) -> None:
        """Run the verb to its end, repair, and see whether all is as it must be."""
        last = self.rows[-1]
        if not self.verb.reached(self.scene):
            ending = self.run()
            self.seconds = ending.seconds
            if ending.failed(self.verb.codes):
                last["refused"].append(ending.said[-2000:])
        self.compare()
        self.check()
        self.compare()
        last["wrong"] += self.verb.wrong(self.scene, self.first[-1], self.facts[-1])

    def check(self) -> None:
        """`check --repair` must mend whatever is wrong with what the verb changed."""
        place = self.places[-1]
        if (place / "workspace.toml").exists():
            found = check(Workspace.open(place), repair=True)
            if not found.ok:
                self.rows[-1]["unmended"].append(str(found.to_json())[:2000])


@contextlib.contextmanager
def chain(name: str, bases: Path) -> Iterator[Chain]:
    """A chain in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Chain(VERBS[name], Scene(Path(folder) / "ws", bases))


def kills_of(name: str, bases: Path, seconds: float, chance: random.Random) -> Chain:
    """Kill a verb, that takes so many seconds, in one workspace; the chain with its rows."""
    with chain(name, bases) as made:
        for _ in range(CHAIN):
            if not made.kill(chance.choice(SIGNALS), chance.uniform(0.0, seconds)):
                break
        if made.rows:
            made.finish()
        return made


def duration(name: str, bases: Path) -> float:
    """How long a verb takes when nobody kills it; RuntimeError where it does not do its work."""
    with chain(name, bases) as made:
        ending = made.run()
        wrong = made.verb.wrong(made.scene, made.first[-1], made.read()[-1])
        if ending.code != 0 or wrong:
            raise RuntimeError(f"{name} without a kill: {wrong} {ending}")
        return ending.seconds


def late(until: str | None) -> bool:
    """Whether the time of the day has come."""
    return until is not None and time.strftime("%H:%M") >= until


def kill_all(options: Options, names: Sequence[str]) -> None:
    """Kill until there are as many rows as were asked for."""
    rows_path, bases = options.folder / ROWS, options.folder / "bases"
    counts = Counter(str(row["verb"]) for row in read_rows(rows_path))
    made, kept = counts.total(), options.folder / DURATIONS
    durations: dict[str, float] = json.loads(kept.read_text()) if kept.exists() else {}
    about = circumstances()
    chance = random.Random(f"{options.seed}, {made}")
    while made < options.count and not late(options.until):
        name = min(names, key=lambda name: counts[name] / VERBS[name].weight)
        if name not in durations:
            durations[name] = duration(name, bases)
        done = kills_of(name, bases, durations[name], chance)
        if done.seconds is not None:
            durations[name] += FORGETTING * (done.seconds - durations[name])
            kept.write_text(json.dumps(durations))
        for row in done.rows:
            keep_row(rows_path, {"verb": name, **row, "date": about["date"], "cpu": about["cpu"]})
        made += len(done.rows)
        counts[name] += max(1, len(done.rows))  # one that ends before it is killed waits its turn


def main() -> int:
    """Kill, print the table; 1 where anything was found."""
    options = tyro.cli(Options, description=__doc__)
    names = options.only or tuple(VERBS)
    unknown = [name for name in names if name not in VERBS]
    if unknown:
        sys.exit(f"no such verb: {', '.join(unknown)}; there are {', '.join(VERBS)}")
    if not options.table:
        make_bases(options.folder / "bases")
        kill_all(options, names)
    rows = read_rows(options.folder / ROWS)
    print_table(rows, FAULTS)
    if options.table:
        write_table(rows, FAULTS, RESULTS / KILLS)
    faults = [row for row in rows if any(row[name] for name in FAULTS)]
    for row in faults:
        print(json.dumps(row)[:3000], file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
