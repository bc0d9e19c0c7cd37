"""`sidestick ledger` shows the human effort of a workspace, and what it gained."""

import math
from dataclasses import dataclass
from typing import ClassVar

from rich.box import SIMPLE
from rich.table import Column, Table

from ...datasets.workspace import Workspace
from ..report.cost import EffortCost
from ..report.ledger import EffortReturn, Ledger, read_ledger
from ..session.attention_model import ATTENTION
from .console import PEOPLE, print_json, say
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
        ledger = read_ledger(Workspace.open(self.workspace))
        for note in ledger.notes:
            say(note)
        if self.json:
            print_json(ledger.to_json())
            return DONE
        for table in _tables(ledger):
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
