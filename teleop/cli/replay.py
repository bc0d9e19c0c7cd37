"""`sidestick replay` verifies that an episode repeats exactly, or draws a video of it."""

from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, ClassVar

import tyro

from ...datasets.episode import Episode
from ...datasets.files.durable import replace_file
from ...datasets.workspace import Workspace
from ...sim_envs.errors import BadValue
from ...sim_envs.spaces import FRONT
from ..evaluation.replay import pictures, verify
from ..evaluation.video import available_encoding, encode
from .console import print_json, progress, say, working
from .picture_size import PictureSize, parse_size
from .subcommand import DONE, FOUND, EpisodeName, WorkspacePath
from .targets import check_target
from .unused_options import refuse_unused


@dataclass(frozen=True)
class Replay:
    """Simulate a stored episode again and compare every state, or draw a video of any size."""

    if_interrupted: ClassVar[str] = "nothing is written; the same command begins again"

    workspace: WorkspacePath
    """Folder of the workspace."""
    episode: Annotated[EpisodeName, tyro.conf.Positional]
    """The episode."""
    verify: bool = False
    """Compare every stored state with a new simulation; exit code 1 if any differs."""
    out: Path | None = None
    """Write a video to this file, whose name ends in .mp4."""
    size: PictureSize = "640x480"
    """Width and height of the video."""
    camera: str = FRONT
    """Camera that the video shows."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Verify, draw, or both."""
        if not self.verify and self.out is None:
            raise BadValue("replay", "--verify, --out FILE or both", "neither")
        if self.out is None:
            refuse_unused(self, "without --out", ("size", "camera"))
        check_target("--out", self.out)
        if self.out is not None:
            _check_suffix(self.out)
        workspace = Workspace.open(self.workspace)
        path = workspace.find(self.episode)
        episode = Episode.read(path, images=False)
        if self.out is not None:
            self._draw(episode, self.out, workspace.config.control_hz)
        return self._verify(episode) if self.verify else DONE

    def _verify(self, episode: Episode) -> int:
        with working(f"simulate {episode.summary.id} again"):
            result = verify(episode)
        if self.json:
            print_json({"episode": episode.summary.id, **asdict(result)})
        elif result.identical:
            say(f"{episode.summary.id}: identical in all {result.steps} states")
        else:
            say(
                f"{episode.summary.id}: differs from step {result.first_divergence} on, "
                f"by at most {result.max_state_error:.3g}"
            )
        return DONE if result.identical else FOUND

    def _draw(self, episode: Episode, video: Path, fps: int) -> None:
        size = parse_size(self.size)
        assert size is not None
        width, height = size
        drawn = pictures(episode, self.camera, width, height)
        frames = [*islice(drawn, 1)]  # an unknown camera is refused here
        with progress(f"draw {episode.summary.id}", len(episode) - len(frames)) as tick:
            for frame in drawn:
                frames.append(frame)
                tick("")
        replace_file(video, encode(frames, fps).data)
        say(f"wrote {video}")


def _check_suffix(video: Path) -> None:
    """Raise BadValue for a name that says it is another kind of file than what is written."""
    kind = available_encoding().container
    if video.suffix.lower() != f".{kind}":
        raise BadValue("--out", f"a name that ends in .{kind}, which is what is written", video)
