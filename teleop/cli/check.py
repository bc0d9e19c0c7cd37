"""`sidestick check` verifies every file of a workspace and flags episodes to look at."""

from dataclasses import dataclass
from typing import ClassVar

from ...datasets.checking.check import check
from ...datasets.checking.repair import episode_files
from ...datasets.checking.warnings import FLAGGERS
from ...datasets.workspace import Workspace
from ..evaluation.visibility import NEVER_IN_VIEW, VisibilityCheck
from .console import print_json, progress, say
from .subcommand import DONE, FOUND, WorkspacePath


@dataclass(frozen=True)
class Check:
    """Open every file, verify every checksum, compare every count; exit code 1 if any is wrong.

    Intact episodes that a person should look at are listed too, without changing the exit code:
    idle, jerky, late, too short, or the named item never in view.
    """

    if_interrupted: ClassVar[str] = "what was repaired stays so; run it again for the rest"

    workspace: WorkspacePath
    """Folder of the workspace."""
    repair: bool = False
    """Recover episodes that a crash interrupted, and rebuild the index."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Check, and report."""
        workspace = Workspace.open(self.workspace)
        total = len(episode_files(workspace))
        with VisibilityCheck() as unseen, progress("checking", total) as tick:
            report = check(workspace, self.repair, {**FLAGGERS, NEVER_IN_VIEW: unseen}, tick)
        if self.json:
            print_json(report.to_json())
        else:
            say(
                f"{report.episodes} episodes ({report.complete} complete), {report.steps} steps, "
                f"{report.recovered} recovered, {len(report.damaged)} damaged"
            )
            for problem in report.damaged:
                say(f"damaged: {problem.file}: {problem.reason}")
            for name, flags in report.flagged.items():
                say(f"look at {name}: {'; '.join(f'{f.name}, {f.detail}' for f in flags)}")
            if report.pending:
                say(f"{report.pending} episodes wait for `sidestick check WS --repair`")
        return DONE if report.ok else FOUND
