"""`sidestick import` takes another tool's episodes into a workspace."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import tyro

from ...datasets.formats.registry import import_into, open_source
from ..devices.settings import operator_name
from .console import progress
from .export import notify
from .subcommand import WorkspacePath


@dataclass(frozen=True)
class Import:
    """Take a robomimic file, a LeRobot v3 or a Minari dataset into a workspace, made if it is new.

    Its actions must be Sidestick's: 7-d changes of the end effector's pose at the same scale;
    anything else is refused with the reason. What is lost and what had to be assumed is listed.
    Exit code 1 when an episode was skipped.
    """

    if_interrupted: ClassVar[str] = (
        "what was taken is kept; the same command goes on where it stopped"
    )

    format: Annotated[
        Literal["robomimic", "lerobot", "minari"],
        tyro.conf.Positional,
        tyro.conf.arg(name="format"),
    ]
    """Format to read."""
    path: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="PATH")]
    """A file of robomimic, or a folder of LeRobot or Minari."""
    workspace: WorkspacePath
    """Folder of the workspace."""
    successful: bool = False
    """Judge those episodes successful, in your name, of which nobody recorded it: demonstrations
    that were only kept since they succeeded. Repeated, it judges those that are in already."""
    task: str | None = None
    """Short name of the task, if the file does not contain it."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Read, check and import."""
        judge = operator_name() if self.successful else None
        total = len(open_source(self.format, self.path, self.task))
        with progress(f"importing from {self.format}", total) as tick:
            report = import_into(self.format, self.path, self.workspace, self.task, tick, judge)
        return notify(report, self.json)
