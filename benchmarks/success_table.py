"""This benchmark prints the table of success rates without help, and measures missing cells.

    python -m benchmarks.success_table FOLDER                 # prints what was measured
    python -m benchmarks.success_table FOLDER --measure       # hours: also measures what is missing
    python -m benchmarks.success_table FOLDER --measure --only "ShelfPick, keypoints, flow"
    python -m benchmarks.success_table FOLDER --measure --release 0.2

FOLDER holds the demonstrations, one workspace for each task and variant; the simulated operator
records missing ones. Every training seed has demonstrations of its own. Every measurement, with its
episodes, is a line of `results/success.jsonl`, on the validation seeds from 20000 on, or of
`results/success_release.jsonl`, on the seeds of a release that nothing was chosen on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.table import Table

from benchmarks.rows import keep_row, read_rows
from benchmarks.success_by_demonstrations import Options as Measurement
from benchmarks.success_by_demonstrations import demonstrations, one, own_set
from sidestick.datasets.config import WorkspaceConfig
from sidestick.datasets.step import Level
from sidestick.datasets.summary import EpisodeSummary
from sidestick.datasets.workspace import Workspace
from sidestick.policies.base.threads import limit_threads
from sidestick.policies.engines.local import LocalEngine
from sidestick.sim_envs.errors import UnknownName
from sidestick.teleop.evaluation.rollouts import Rollouts
from sidestick.teleop.station.headless import drive_simulated

RESULTS = Path(__file__).parent / "results" / "success.jsonl"
RELEASED = RESULTS.with_name("success_release.jsonl")
COUNTS = (10, 25, 50, 100)


@dataclass(frozen=True)
class Setting:
    """A row of the table: a task, a kind of vision and a head."""

    task: str
    env_kwargs: dict[str, Any] = field(default_factory=dict)
    vision: str = "keypoints"
    head: str = "bc"
    wanted: dict[int, int] = field(default_factory=dict)
    """Target success rate in percent, by number of demonstrations."""
    counts: tuple[int, ...] = COUNTS

    @property
    def folder(self) -> str:
        """Name of the folder of its demonstrations: the task and its number of items."""
        return self.task + "".join(str(value) for value in self.env_kwargs.values())

    @property
    def name(self) -> str:
        """The row's title, such as `SortRecycling4, keypoints, bc`."""
        return f"{self.folder}, {self.vision}, {self.head}"

    def key(self, count: int, seed: int, release: str | None) -> tuple[Any, ...]:
        """What identifies one measurement: release, folder, vision, head, demonstrations, seed."""
        return (release, self.folder, self.vision, self.head, count, seed)


PICKS = {10: 60, 25: 85, 50: 95, 100: 98}
"""Targets in percent by number of demonstrations, for every head."""
SETTINGS = (
    Setting("ShelfPick", wanted=PICKS),
    Setting("ShelfPick", head="bc-gmm", wanted=PICKS),
    Setting("ShelfPick", head="flow", wanted=PICKS),
    Setting("ShelfPick", head="act", wanted=PICKS),
    Setting("ShelfPick", vision="end-to-end", wanted={50: 70, 100: 85}, counts=(50, 100)),
    Setting("ShelfPick", vision="end-to-end", head="bc-gmm", wanted={50: 70}, counts=(50,)),
    Setting("ShelfPick", vision="end-to-end", head="flow", wanted={50: 70}, counts=(50,)),
    Setting("ShelfPick", vision="end-to-end", head="act", wanted={50: 70}, counts=(50,)),
    Setting("SortRecycling", {"num_items": 1}, wanted={25: 85, 50: 95}, counts=(25, 50)),
    Setting("SortRecycling", {"num_items": 4}, wanted={50: 85}, counts=(50,)),
    Setting("SortClothes", {"num_items": 1}, wanted={25: 75, 50: 90}, counts=(25, 50)),
    Setting("SortClothes", {"num_items": 3}, wanted={50: 75}, counts=(50,)),
)


@dataclass(frozen=True)
class Options:
    """What to measure and print."""

    folder: Annotated[Path, tyro.conf.Positional]
    measure: bool = False
    """Measure what is missing; else only print."""
    only: str | None = None
    """One row of the table, such as "ShelfPick, keypoints, flow"."""
    counts: tuple[int, ...] = COUNTS
    """Numbers of demonstrations."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Training seeds; each has demonstrations of its own."""
    episodes: int = 100
    """Unseen seeds to evaluate on."""
    workers: int = 2
    """Processes for rollouts."""
    release: str | None = None
    """Release whose seeds are driven, see `benchmarks.release`; None: the validation seeds."""

    @property
    def results(self) -> Path:
        """The file of the rows."""
        return RESULTS if self.release is None else RELEASED


def key(row: dict[str, Any]) -> tuple[Any, ...]:
    """What identifies a measured row, equal to `Setting.key`."""
    names = ("release", "folder", "vision", "head", "demonstrations", "training_seed")
    return tuple(row.get(name) for name in names)


def recorded(folder: Path, setting: Setting, count: int) -> list[EpisodeSummary]:
    """The first `count` successful demonstrations of a setting; records missing ones."""
    config = WorkspaceConfig(setting.task, env_kwargs=setting.env_kwargs)
    workspace = Workspace.open_or_create(folder / setting.folder, config)
    seed = 0
    while len(found := demonstrations(workspace)) < count:
        driven = {summary.header.seed for summary in workspace.summaries()}
        batch = [n for n in range(seed, seed + 10) if n not in driven]
        drive_simulated(workspace, Level.DEMONSTRATE, batch)
        seed += 10
    return found[:count]


def measure(options: Options, setting: Setting) -> None:
    """Measure what is missing of one row; each result is kept as soon as it is known."""
    known = {key(row) for row in read_rows(options.results)}
    for count in (n for n in setting.counts if n in options.counts):
        missing = [s for s in options.seeds if setting.key(count, s, options.release) not in known]
        if not missing:
            continue
        size = max(n for n in setting.counts if n in options.counts)
        found = recorded(options.folder, setting, size * (1 + max(missing)))
        workspace = Workspace.open(options.folder / setting.folder)
        how = Measurement(
            workspace.path,
            episodes=options.episodes,
            vision=setting.vision,
            head=setting.head,
            selection=0,
            workers=options.workers,
            release=options.release,
        )
        with Rollouts(workspace.config, LocalEngine(options.workers)) as rollouts:
            for seed in missing:
                shown = own_set(found, seed, size)[:count]
                row = one(how, workspace, rollouts, shown, seed)
                keep_row(options.results, {"folder": setting.folder, **row})


def cell(rows: Iterable[dict[str, Any]], wanted: int | None) -> str:
    """Successes of every training seed, and the target in percent."""
    ordered = sorted(rows, key=lambda row: int(row["training_seed"]))
    found = ", ".join(f"{row['successes']}/{row['episodes']}" for row in ordered)
    return f"{found or '-'} ({wanted} %)" if wanted is not None else found


def table(rows: Sequence[dict[str, Any]], settings: Sequence[Setting]) -> Table:
    """The table of all settings."""
    drawn = Table("setting", *map(str, COUNTS), title="success by number of demonstrations")
    for setting in settings:
        cells = []
        for count in COUNTS:
            of = (setting.folder, setting.vision, setting.head, count)
            cells.append(cell((r for r in rows if key(r)[1:-1] == of), setting.wanted.get(count)))
        drawn.add_row(setting.name, *cells)
    return drawn


def main() -> None:
    """Measure if asked to, and print the table."""
    options = tyro.cli(Options, description=__doc__)
    limit_threads()
    by_name = {setting.name: setting for setting in SETTINGS}
    if options.only is not None and options.only not in by_name:
        raise SystemExit(str(UnknownName("row", options.only, by_name)))
    chosen = [s for s in SETTINGS if options.only in (None, s.name)]
    if options.measure:
        for setting in chosen:
            measure(options, setting)
    Console(width=160).print(table(read_rows(options.results), chosen))


if __name__ == "__main__":
    main()
