"""`sidestick import` takes another tool's episodes into a workspace."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import tyro

from ...datasets.files.decoding import decoded, parsed_json
from ...datasets.formats.import_options import ImportOptions
from ...datasets.formats.registry import import_into, open_source
from ...sim_envs.worlds.spec import Axis
from ..devices.settings import operator_name
from ..workspace_variant import agreed_config, native_axes
from .console import progress, working
from .endings import say_ending
from .export import notify
from .numbers import Count
from .subcommand import WorkspacePath
from .unused_options import refuse_unused


@dataclass(frozen=True)
class Import:
    """Take a robomimic file, a LeRobot v3 or a Minari dataset into a workspace, made if it is new.

    Of data whose action is not the built-in arm's, the workspace gets the spec: axes, readings,
    cameras and rate; --env names the world that it drives in. What is lost and what had to be
    assumed is listed. Exit code 1 when an episode was skipped.
    """

    if_interrupted: ClassVar[str] = (
        "what was taken is kept; the same command goes on where it stopped"
    )

    workspace: WorkspacePath
    """Folder of the workspace."""
    format: Annotated[
        Literal["robomimic", "lerobot", "minari"],
        tyro.conf.Positional,
        tyro.conf.arg(name="format"),
    ]
    """Format to read."""
    path: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="PATH")]
    """A file of robomimic, or a folder of LeRobot or Minari."""
    judge_successful: bool = False
    """Judge those episodes successful, in your name, of which nobody recorded it: demonstrations
    that were only kept since they succeeded. Repeated, it judges those that are in already."""
    task: str | None = None
    """Short name of the task, if the file does not contain it."""
    fit: Literal["crop", "scale"] | None = None
    """How pictures that are not square become so; refused unless given."""
    image_size: Count | None = None
    """Height and width of the recorded pictures, pixels; the source's unless given."""
    entries: str = ""
    """What is taken, as JSON, our names and the source's: {"ee_pos": "robot0_eef_pos",
    "front_image": "agentview_rgb"}; unless given, all pictures and what the robot feels."""
    axes: str = ""
    """What each number of an action means, as JSON, where the source does not say it: [{"name":
    "dx", "kind": "move", "along": "x", "per_unit": 0.05, "low": -1, "high": 1}, ...]."""
    env: str | None = None
    """The world that a new workspace is for: what `drive --env` takes."""
    env_options: str = ""
    """Options of that world, as JSON."""
    json: bool = False
    """Report as JSON on standard output."""

    def run(self) -> int:
        """Read, check and import."""
        judge = operator_name() if self.judge_successful else None
        if self.env is None:
            refuse_unused(self, "without --env", ("env_options",))
        options = self.options()
        with working(f"looking through {self.path.name}"):
            total = len(open_source(self.format, self.path, self.task, options))
        with progress(f"importing from {self.format}", total) as tick:
            report = import_into(
                self.format, self.path, self.workspace, self.task, tick, judge, options
            )
        code = notify(report, self.json, total)
        if not self.json:
            say_ending(f"{report.episodes} episodes", self.workspace, "train")
        return code

    def options(self) -> ImportOptions:
        """How the source is taken."""
        entries = parsed_json(self.entries, "--entries") if self.entries else {}
        axes: Any = parsed_json(self.axes, "--axes") if self.axes else []
        into = None
        if self.env is not None:
            into = agreed_config(self.workspace, self.task, None, self.env, self.env_options)
            axes = axes or [asdict(axis) for axis in native_axes(into)]
        return ImportOptions(
            fit=self.fit or "",
            image_size=self.image_size,
            entries=decoded(entries, dict[str, str], "--entries"),
            axes=decoded(axes, tuple[Axis, ...], "--axes"),
            into=into,
        )
