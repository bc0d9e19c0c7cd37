"""`sidestick report` writes a workspace's report as one HTML page."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ...datasets.workspace import Workspace
from ...sim_envs.errors import MissingExtra
from .console import loading, print_json, progress, say
from .subcommand import DONE, WorkspacePath
from .targets import check_target
from .unused_options import refuse_unused


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
    redraw: bool = True
    """Draw the scenes of the videos again, at 640x480, where their states are recorded. With
    --no-redraw the videos show the recorded pictures, which takes seconds."""
    json: bool = False
    """Report the file's path, and the policies by blind pairs, as JSON on standard output."""

    def run(self) -> int:
        """Write the page."""
        check_target("--out", self.out)
        other = None if self.compare is None else Workspace.open(self.compare)
        workspace = Workspace.open(self.workspace)
        if other is not None:
            refuse_unused(self, "with --compare, which shows no videos", ("redraw",))
        with loading():
            from ..report.write import COMPARISON_PARTS, DRAWN_FRAMES, PARTS, write_report

        with progress("report", PARTS if other is None else COMPARISON_PARTS) as done:
            path = write_report(
                workspace, self.out, beside=other, done=done, made_by=self.command(),
                redraw=DRAWN_FRAMES if self.redraw else 0,
            )  # fmt: skip
        if self.json:
            print_json({"out": str(path), **_ranking_json(workspace)})
        else:
            say(f"wrote {path}, one page for any browser; next: open it")
        return DONE

    def command(self) -> str:
        """The command line that makes this page."""
        words = ["sidestick", "report", str(self.workspace)]
        words += [] if self.out is None else ["--out", str(self.out)]
        words += [] if self.compare is None else ["--compare", str(self.compare)]
        return shlex.join([*words, *([] if self.redraw else ["--no-redraw"])])


def _ranking_json(workspace: Workspace) -> dict[str, Any]:
    """The policies by blind pairs, the best first; nothing without answered pairs."""
    from ..evaluation.pair_ranking import policy_ranking

    try:
        ranking = policy_ranking(workspace)
    except MissingExtra:  # the page's notes say so
        return {}
    return {"ranking": [one.to_json() for one in ranking]} if ranking else {}
