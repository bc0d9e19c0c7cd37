"""`sidestick merge` copies the episodes of several workspaces into one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import tyro

from ...datasets.checking.repair import episode_files
from ...datasets.merge import merge
from ...datasets.workspace import Workspace
from .console import print_json, progress, say
from .endings import asked_and_made, say_ending
from .subcommand import DONE, FOUND, WorkspacePath


@dataclass(frozen=True)
class Merge:
    """Copy the episodes of several workspaces of one task into one; the sources are only read.

    Files and ids stay as they are; effort and judgements are copied with their origin, outcomes of
    evaluations for the policies of the same content. Exit code 1 when a file was skipped.
    """

    if_interrupted: ClassVar[str] = (
        "what was taken is kept; the same command goes on where it stopped"
    )

    workspace: WorkspacePath
    """Folder of the workspace that they go into; created if it is new."""
    sources: Annotated[
        tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FROM [FROM ...]")
    ]
    """Folders of the workspaces to take episodes from."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Merge, and report."""
        total = sum(len(episode_files(Workspace.open(path))) for path in self.sources)
        with progress("merging", total) as tick:
            report = merge(self.sources, self.workspace, tick)
        if self.json:
            print_json(report.to_json())
        else:
            say(asked_and_made(total, report.episodes, "episode", "taken"))
            say(f"{report.already} were there already, {len(report.skipped)} were skipped")
            if report.outcomes:
                say(f"{report.outcomes} outcomes taken; `sidestick evaluate` counts them")
            for problem in report.skipped:
                say(f"skipped: {problem.file}: {problem.reason}")
            say_ending(f"{report.episodes} episodes", self.workspace, "check")
        return FOUND if report.skipped else DONE
