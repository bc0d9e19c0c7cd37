"""`sidestick report` writes a workspace's report as one HTML page."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ...datasets.workspace import Workspace
from .console import print_json, progress, say
from .subcommand import DONE, WorkspacePath
from .targets import check_target


@dataclass(frozen=True)
class Report:
    """Write one self-contained HTML page: curve, effort, videos, stages of failure, judgements."""

    if_interrupted: ClassVar[str] = "nothing is written; the same command begins again"

    workspace: WorkspacePath
    """Folder of the workspace."""
    out: Path | None = None
    """File to write; report.html in the workspace unless given."""
    compare: Path | None = None
    """Folder of another workspace, to show beside this one."""
    json: bool = False
    """Report the file's path as JSON on standard output."""

    def run(self) -> int:
        """Write the page."""
        from ..report.write import PARTS, write_report  # it loads PyTorch and matplotlib

        check_target("--out", self.out)
        other = None if self.compare is None else Workspace.open(self.compare)
        workspace = Workspace.open(self.workspace)
        with progress("report", PARTS) as done:
            path = write_report(workspace, self.out, beside=other, done=done)
        if self.json:
            print_json({"out": str(path)})
        else:
            say(f"wrote {path}, one page for any browser")
        return DONE
