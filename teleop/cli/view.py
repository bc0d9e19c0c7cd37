"""`sidestick view` opens an episode in the Rerun viewer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import tyro

from ...datasets.episode import Episode
from ...datasets.formats.rerun_view import save, show
from ...datasets.workspace import Workspace
from .console import say
from .subcommand import DONE, NOTHING_LOST, WorkspacePath
from .targets import check_target


@dataclass(frozen=True)
class ViewEpisode:
    """Open an episode in Rerun: images, both actions, driver, novelty, stage, the arm in 3D."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    workspace: WorkspacePath
    """Folder of the workspace."""
    episode: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="EPISODE")]
    """An episode's id, a part of it, or its place (0 is the first, -1 the last)."""
    save: Path | None = None
    """Write an .rrd file instead of opening the viewer; needs no screen."""

    def run(self) -> int:
        """Show, or save."""
        check_target("--save", self.save)
        workspace = Workspace.open(self.workspace)
        episode = Episode.read(workspace.find(self.episode))
        if self.save is None:
            show(episode, workspace.config.control_hz)
        else:
            save(episode, workspace.config.control_hz, self.save)
            say(f"{len(episode)} steps: {self.save}")
        return DONE
