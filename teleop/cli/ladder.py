"""`sidestick ladder` shows which level a policy has earned, and on what evidence."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.box import SIMPLE
from rich.table import Table

from ...datasets.files.sqlite_file import FileReadOnly
from ...datasets.step import Level
from ...datasets.workspace import Workspace
from ...policies.statistics.rates import Rate
from ...policies.store import PolicyStore
from ..autonomy.criteria import ALPHA, CRITERIA
from ..autonomy.evidence_recorder import recover_evidence
from ..autonomy.ladder import Ladder, LevelChange
from ..autonomy.ladder_store import LadderStore
from ..autonomy.stage_evidence import interval
from ..session.levels import name
from .chosen_policy import choice_json, say_choice
from .console import PEOPLE, print_json, say, working
from .subcommand import DONE, NOTHING_LOST, WorkspacePath
from .targets import check_target


@dataclass(frozen=True)
class LadderVerb:
    """Show a policy's earned level, the evidence for it, and what is missing for the next level."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    workspace: WorkspacePath
    """Folder of the workspace."""
    policy: str | None = None
    """Number of the policy; the one that drives unless given."""
    out: Path | None = None
    """Draw the evidence and the levels into this picture (PNG, PDF or SVG)."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Bring the ladder up to date and show it."""
        check_target("--out", self.out)
        workspace = Workspace.open(self.workspace)
        ladder_store, store = LadderStore(workspace), PolicyStore(workspace.policies_dir)
        choice = store.choice() if self.policy is None else store.choose(self.policy)
        if choice is not None:
            say_choice(workspace, choice)
        with working("reading the evidence"):
            ladder = _up_to_date(ladder_store, None if choice is None else choice.policy_id)
        if self.out:
            from ..autonomy.ladder_plot import plot_ladder  # it loads matplotlib

            plot_ladder(ladder, self.out)
            say(f"drawn: {self.out}")
        if self.json:
            print_json({**to_json(ladder), **choice_json(choice)})
            return DONE
        PEOPLE.print(_criteria(ladder))
        for level in reversed(Level):
            if ladder.stages(level):
                PEOPLE.print(_stages(ladder, level))
        PEOPLE.print(_history(ladder))
        return DONE


def _up_to_date(ladder_store: LadderStore, policy: str | None) -> Ladder:
    """The ladder with all evidence; as it stands where this user may only read."""
    try:
        recover_evidence(ladder_store)
        return ladder_store.apply_evidence(policy)[0]
    except FileReadOnly as error:
        say(f"shown as it stands, since it cannot be brought up to date here: {error}")
        return ladder_store.ladder(policy)


def to_json(ladder: Ladder) -> dict[str, Any]:
    """The keys that scripts rely on."""
    return {
        "task": ladder.task,
        "policy": ladder.policy,
        "level": name(ladder.level),
        "probation": ladder.probation,
        "demonstrations": ladder.demonstrations,
        "evidence": {name(level): ladder.standing(level).to_json() for level in Level},
        "stages": {evidence.stage: evidence.to_json() for evidence in ladder.stages(ladder.level)},
        "changes": [change.to_json() for change in _changes(ladder)],
    }


def _changes(ladder: Ladder) -> list[LevelChange]:
    return [entry for entry in ladder.entries if isinstance(entry, LevelChange)]


def _criteria(ladder: Ladder) -> Table:
    probation = ", on probation" if ladder.probation else ""
    title = f"{ladder.task}: policy {ladder.policy or 'none'} has {name(ladder.level)}{probation}"
    table = Table(
        "", "level", "clean", "lower bound", "needed for it", "a clean episode", box=SIMPLE
    )
    table.title, table.caption = title, _next(ladder)
    for level in reversed(Level):
        criteria, standing = CRITERIA[level], ladder.standing(level)
        needed = "" if criteria.bar is None else f"{name(Level(level - 1))} {criteria.bar:.2f}"
        clean = f"{standing.clean}/{standing.n}" if standing.n else ""
        lower = f"{standing.lower:.2f}" if standing.n else ""
        here = "->" if level is ladder.level else ""
        table.add_row(here, name(level), clean, lower, needed, criteria.clean)
    return table


def _next(ladder: Ladder) -> str:
    """What the shown bounds mean, and what the next level still needs."""
    meaning = f"the bounds err with a chance of {ALPHA} in a policy's whole life"
    if ladder.policy is None or ladder.level is Level.AUTONOMOUS:
        return meaning
    return f"{ladder.lack()}; {meaning}"


def _stages(ladder: Ladder, level: Level) -> Table:
    """For each stage at a level, how many episodes ended in it, and the state of its test."""
    test = CRITERIA[level].keeps_stage
    title = f"Stages at {name(level)}"
    table = Table("stage", "passed clean", "episodes that died there", title=title, box=SIMPLE)
    if test is not None:
        table.add_column(f"test, lost from {test.reject_at:.2f} on")
    for evidence in ladder.stages(level):
        cells = [evidence.stage, *map(_counted, (evidence.passed, evidence.died))]
        if test is not None:
            cells.append("too few" if evidence.test is None else f"{evidence.test.log_ratio:.2f}")
        table.add_row(*cells)
    return table


def _counted(rate: Rate) -> str:
    low, high = interval(rate)
    return f"{rate.successes}/{rate.n} 95 % [{100 * low:.0f}-{100 * high:.0f}]"


def _history(ladder: Ladder) -> Table:
    table = Table("policy", "", "from", "to", "evidence", title="Changes", box=SIMPLE)
    for change in _changes(ladder):
        before, after = name(change.before), name(change.after)
        table.add_row(change.policy, change.why.value, before, after, change.evidence)
    return table
