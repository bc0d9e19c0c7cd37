"""`sidestick view` opens an episode in the Rerun viewer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import tyro

from ...datasets.episode import Episode
from ...datasets.formats.rerun_view import save, show
from ...datasets.workspace import Workspace
from .console import say, working
from .subcommand import DONE, NOTHING_LOST, EpisodeName, WorkspacePath
from .targets import check_target


@dataclass(frozen=True)
class ViewEpisode:
    """Open an episode in Rerun: images, both actions, driver, novelty, stage, the arm in 3D."""

    if_interrupted: ClassVar[str] = NOTHING_LOST

    workspace: WorkspacePath
    """Folder of the workspace."""
    episode: Annotated[EpisodeName, tyro.conf.Positional]
    """The episode."""
    out: Path | None = None
    """Write an .rrd file instead of opening the viewer; needs no screen."""

    def run(self) -> int:
        """Show, or save."""
        check_target("--out", self.out)
        workspace = Workspace.open(self.workspace)
        episode = Episode.read(workspace.find(self.episode))
        if self.out is None:
            show(episode, workspace.config.control_hz)
        else:
            with working(f"write {self.out}"):
                save(episode, workspace.config.control_hz, self.out)
            say(f"{len(episode)} steps: {self.out}")
        return DONE
