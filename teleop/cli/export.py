"""`sidestick export` writes a workspace's episodes in another tool's format."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import tyro

from ...datasets.formats.registry import chosen_episodes, export
from ...datasets.formats.transfer import ExportOptions, Transfer
from ...datasets.workspace import Workspace
from .console import print_json, progress, say, working
from .subcommand import DONE, FOUND, WorkspacePath
from .unused_options import refuse_unused

OF_FORMAT = {"robomimic": "next_obs", "lerobot": "images", "minari": "dataset_id"}
"""The option that is about one format alone."""


@dataclass(frozen=True)
class Export:
    """Write a workspace's episodes as robomimic (and Sirius), LeRobot v3 or Minari.

    The target is written whole or not at all; data that the format cannot hold is listed. Exit
    code 1 when an episode was skipped.
    """

    if_interrupted: ClassVar[str] = "nothing is written; the same command begins again"

    workspace: WorkspacePath
    """Folder of the workspace."""
    format: Annotated[
        Literal["robomimic", "lerobot", "minari"],
        tyro.conf.Positional,
        tyro.conf.arg(name="format"),
    ]
    """Format to write."""
    path: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="PATH")]
    """A file for robomimic; a folder for LeRobot; MINARI_DATASETS_PATH for Minari."""
    next_obs: bool = False
    """robomimic: also write next_obs, which doubles the size."""
    images: Literal["video", "png"] = "video"
    """LeRobot: video is small and loses a little, png loses nothing."""
    dataset_id: str = ExportOptions.dataset_id
    """Minari: the name under which the dataset is loaded."""
    successful: bool = False
    """Leave out the episodes that did not succeed."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Export, and report what was lost."""
        for other, name in OF_FORMAT.items():
            if other != self.format:
                refuse_unused(self, f"for {self.format}", (name,))
        workspace = Workspace.open(self.workspace)
        options = ExportOptions(self.next_obs, self.images, self.dataset_id, self.successful)
        with working("looking through the episodes"):
            total = len(chosen_episodes(workspace, options))
        with progress(f"exporting to {self.format}", total) as tick:
            report = export(workspace, self.format, self.path, options, tick)
        return notify(report, self.json, total)


def notify(report: Transfer, json: bool, asked: int) -> int:
    """Report a transfer, of so many episodes as were asked for; return the exit code."""
    if json:
        print_json(report.to_json())
    else:
        say(f"{report.episodes} of {asked} episodes, {report.steps} steps: {report.path}")
        for heading, lines in (("lost", report.lost), ("filled in", report.filled_in)):
            for line in lines:
                say(f"{heading}: {line}")
        for problem in report.skipped:
            say(f"skipped: {problem.file}: {problem.reason}")
    return FOUND if report.skipped else DONE
