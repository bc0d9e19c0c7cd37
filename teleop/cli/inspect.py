"""`sidestick inspect` lists the episodes of a workspace, or shows one of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import tyro
from rich.table import Table

from ...datasets.checking.repair import episode_files
from ...datasets.episode import Episode
from ...datasets.tables.listing import Listing, ListingRow, details, listing
from ...datasets.workspace import Workspace
from ...sim_envs.errors import DamagedFile
from .console import PEOPLE, print_json, progress, say
from .subcommand import DONE, FOUND, NOTHING_LOST, EpisodeName, WorkspacePath

INSTRUCTION, LOOK_AT = "instruction", "look at"
OPTIONAL = ("grade", "taken", "late", LOOK_AT)
ENDED = {True: "yes", False: "no", None: "unknown"}
MOMENTS = ("started", "ended")
STARTED = "started (UTC)"
COLUMNS = ("no", STARTED, "operator", INSTRUCTION, "s", "solved", *OPTIONAL)
"""Taken: number of takeovers; late: ticks that began late."""


@dataclass(frozen=True)
class Inspect:
    """List the episodes with totals, or show one; exit code 1 when files cannot be read."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    workspace: WorkspacePath
    """Folder of the workspace."""
    episode: Annotated[EpisodeName | None, tyro.conf.Positional] = None
    """Only this one, in detail: its id, a part of it, or its place (-1 is the last)."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Read, and show."""
        workspace = Workspace.open(self.workspace)
        if self.episode is not None:
            return self._one(workspace, self.episode)
        found = _listed(workspace)
        if self.json:
            print_json(
                {
                    "workspace": str(workspace.path),
                    "task": workspace.config.task,
                    "episodes": [row.to_json() for row in found.rows],
                    "totals": found.totals(),
                    "damaged": [problem._asdict() for problem in found.damaged],
                }
            )
        else:
            PEOPLE.print(_table(found.rows))
            _say_totals(found)
        return FOUND if found.damaged else DONE

    def _one(self, workspace: Workspace, name: str) -> int:
        """Show one episode."""
        path = workspace.find(name)
        episode, found = Episode.read(path, images=False), listing(workspace, only=path)
        row = next((row for row in found.rows if row.id == path.stem), None)
        if row is None:
            raise DamagedFile(f"{path}: {_reason(found, path)}")
        values = row.to_json() | details(episode)
        if self.json:
            print_json(values)
            return DONE
        table = Table(show_header=False, box=None)
        for key, value in values.items():
            more = " (UTC)" if key in MOMENTS and value else ""
            table.add_row(key.replace("_", " ") + more, _plain(value))
        PEOPLE.print(table)
        return DONE


def _listed(workspace: Workspace) -> Listing:
    """The table of episodes, with a bar where reading them takes long."""
    with progress("reading episodes", len(episode_files(workspace)), passing=True) as tick:
        return listing(workspace, seen=tick)


def _reason(found: Listing, path: Path) -> str:
    """Why an episode is not among those that are listed."""
    reasons = (problem.reason for problem in found.damaged if Path(problem.file).name == path.name)
    return next(reasons, "not among the episodes of the workspace")


def _table(rows: tuple[ListingRow, ...]) -> Table:
    """One row for each episode; empty columns are left out, and instructions are shortened."""
    lines = [_cells(row) for row in rows]
    shown = [
        place
        for place, name in enumerate(COLUMNS)
        if name not in OPTIONAL or any(line[place] not in ("", "0") for line in lines)
    ]
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for name, texts in ((COLUMNS[place], [line[place] for line in lines]) for place in shown):
        least = None if name in (INSTRUCTION, LOOK_AT) else max(map(len, [name, *texts]))
        table.add_column(name, no_wrap=name != LOOK_AT, overflow="ellipsis", min_width=least)
    for line in lines:
        table.add_row(*(line[place] for place in shown))
    return table


def _cells(row: ListingRow) -> tuple[str, ...]:
    """One text for each column."""
    ended = ENDED[row.success] + ("" if row.complete else ", broke off")
    cells = (row.number, row.started, row.operator, row.instruction, f"{row.seconds:.1f}", ended)
    flags = ", ".join(f"{flag.name}: {flag.detail}" for flag in row.flags)
    return tuple(map(str, (*cells, row.grade or "", row.takeovers, row.late_ticks, flags)))


def _say_totals(found: Listing) -> None:
    """Print the totals, and the files that could not be read."""
    sums = found.totals()
    mib, minutes = sums["bytes"] / 2**20, sums["seconds"] / 60
    say(
        f"{sums['episodes']} episodes, {sums['successes']} successful, "
        f"{minutes:.1f} minutes, {mib / max(minutes, 1e-9):.1f} MiB a minute, "
        f"{sums['takeovers']} takeovers, "
        f"{sums['late_ticks']} late ticks, {sums['flagged']} to look at"
    )
    for problem in found.damaged:
        say(f"damaged: {problem.file}: {problem.reason}")


def _plain(value: object) -> str:
    """A value of any kind in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_plain(item) for item in value) or "none"
    return "none" if value is None else str(value)
