"""`sidestick replay` verifies that an episode repeats exactly, or draws a video of it."""

import re
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
from .console import print_json, progress, say
from .subcommand import DONE, FOUND, WorkspacePath
from .targets import check_target
from .unused_options import refuse_unused

SMALLEST, LARGEST = 16, 4096


@dataclass(frozen=True)
class Replay:
    """Simulate a stored episode again and compare every state, or draw a video of any size."""

    if_interrupted: ClassVar[str] = "nothing is written; the same command begins again"

    workspace: WorkspacePath
    """Folder of the workspace."""
    episode: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="EPISODE")]
    """An episode's id, a part of it, or its place (0 is the first, -1 the last)."""
    verify: bool = False
    """Compare every stored state with a new simulation; exit code 1 if any differs."""
    video: Path | None = None
    """Write a video to this file, whose name ends in .mp4."""
    size: str = "640x480"
    """Width and height of the video, pixels."""
    camera: str = FRONT
    """Camera that the video shows."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Verify, draw, or both."""
        if not self.verify and self.video is None:
            raise BadValue("replay", "--verify, --video FILE or both", "neither")
        if self.video is None:
            refuse_unused(self, "without --video", ("size", "camera"))
        check_target("--video", self.video)
        if self.video is not None:
            _check_suffix(self.video)
        workspace = Workspace.open(self.workspace)
        path = workspace.find(self.episode)
        episode = Episode.read(path, images=False)
        if self.video is not None:
            self._draw(episode, self.video, workspace.config.control_hz)
        return self._verify(episode) if self.verify else DONE

    def _verify(self, episode: Episode) -> int:
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
        width, height = parse_size(self.size)
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
        raise BadValue("--video", f"a name that ends in .{kind}, which is what is written", video)


def parse_size(text: str) -> tuple[int, int]:
    """Width and height from a text such as 640x480."""
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None or not all(SMALLEST <= int(n) <= LARGEST for n in match.groups()):
        raise BadValue("--size", f"WIDTHxHEIGHT from {SMALLEST} to {LARGEST}, like 640x480", text)
    return int(match[1]), int(match[2])
