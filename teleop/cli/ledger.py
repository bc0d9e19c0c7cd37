"""`sidestick ledger` shows the human effort of a workspace, and what it gained."""

import math
from dataclasses import dataclass
from typing import ClassVar

from rich.box import SIMPLE
from rich.table import Column, Table

from ...datasets.database import Database
from ...datasets.workspace import Workspace
from ..fleet.shift import ShiftReport, read_shifts
from ..report.cost import EffortCost
from ..report.ledger import EffortReturn, Ledger, read_ledger
from ..session.attention_model import ATTENTION
from .console import PEOPLE, print_json, say, working
from .subcommand import DONE, NOTHING_LOST, WorkspacePath

COST_COLUMNS = ("kind", "success", "driven", "watched", "attended*", "taken over", "requests")
MODELLED = (
    "* modelled, not measured: driving, watching, {begin_s:.1f} s to begin an episode and "
    "{reset_s:.1f} s to reset it, {verdict_s:.1f} s to judge it, {request_s:.1f} s to answer a "
    "help request and find back"
)


@dataclass(frozen=True)
class LedgerVerb:
    """Show the seconds that the operator drove, watched and attended, by session and round, and the
    gain. Attention is modelled: driving, watching, and durations for what is done beside."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    workspace: WorkspacePath
    """Folder of the workspace."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Read, add up and show."""
        workspace = Workspace.open(self.workspace)
        with working("adding up"):
            ledger, shifts = read_ledger(workspace), read_shifts(Database(workspace.db_path))
        for note in ledger.notes:
            say(note)
        if self.json:
            print_json({**ledger.to_json(), "shifts": [shift.to_json() for shift in shifts]})
            return DONE
        for table in (*_tables(ledger), *([_shift_table(shifts)] if shifts else [])):
            PEOPLE.print(table)
        say(MODELLED.format(**ATTENTION.to_json()))
        return DONE


def _tables(ledger: Ledger) -> list[Table]:
    costs = []
    for title, rows in (("Sessions", ledger.sessions), ("Rounds", (*ledger.rounds, ledger.total))):
        columns = [Column(name, no_wrap=name == "kind") for name in ("", *COST_COLUMNS)]
        table = Table(*columns, title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
        for cost in rows:
            table.add_row(*_cost_cells(cost))
        costs.append(table)
    returns = Table(
        "policy",
        "round",
        "success without help",
        "human minutes",
        "attended*",
        "gained by a minute",
        title="Return on human effort",
        title_justify="left",
        box=SIMPLE,
    )
    for entry in ledger.returns:
        returns.add_row(*_return_cells(entry))
    return [*costs, returns]


def _cost_cells(cost: EffortCost) -> list[str]:
    length = "" if cost.takeover_s is None else f" of {cost.takeover_s:.1f} s"
    return [
        cost.name.removeprefix("session ").removeprefix("round "),
        cost.kind,
        f"{cost.successes}/{cost.episodes}",
        f"{cost.driven_s:.0f} s",
        f"{cost.watched_s:.0f} s",
        f"{cost.attended_s:.0f} s",
        f"{cost.takeovers}{length}",
        str(cost.requests),
    ]


def _return_cells(entry: EffortReturn) -> list[str]:
    gained = entry.per_minute
    if gained is None:
        gain = ""
    elif math.isinf(gained):
        gain = f"+{100 * (entry.gained or 0):.0f} points, no human time"
    else:
        gain = f"{100 * gained:+.1f} points"
    minutes = f"{entry.until.minutes:.1f}"
    attended = f"{entry.until.attended_min:.1f}"
    return [entry.policy.name, str(entry.policy.round), str(entry.rate), minutes, attended, gain]


def _shift_table(shifts: list[ShiftReport]) -> Table:
    """What one person got done at fleets, shift by shift."""
    columns = ("arms", "queue", "minutes", "success", "a minute", "busy", "waits p50, p95", "idle")
    table = Table(*columns, title="Shifts at a fleet", title_justify="left", box=SIMPLE)
    for shift in shifts:
        rate, waits = shift.successes_per_minute, (shift.wait_p50_s, shift.wait_p95_s)
        table.add_row(
            str(shift.arms),
            shift.queue,
            f"{shift.minutes:.1f}",
            f"{shift.successes}/{shift.episodes}, {shift.clean} clean",
            "" if rate is None else f"{rate:.2f}",
            f"{100 * shift.utilisation:.0f} %",
            "" if waits[0] is None else ", ".join(f"{wait:.1f} s" for wait in waits),
            f"{100 * shift.idle:.0f} %",
        )
    return table
