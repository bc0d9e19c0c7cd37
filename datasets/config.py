"""This module reads and writes workspace.toml, the configuration that a workspace's episodes share.

Recorder, import and merge refuse episodes of another task, rate or renderer.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import msgspec
import tomlkit

from ..sim_envs.errors import BadValue, WorkspaceError
from ..sim_envs.spaces import CAMERAS, CONTROL_HZ, IMAGE_SIZE
from ..sim_envs.worlds.spec import ActionSpec
from .files.decoding import decoded, parsed_toml, require_text
from .files.durable import replace_file
from .files.names import shown
from .files.plain_file import read_plain
from .recorded_spec import BUILT_IN, Axes, Readings, RecordedSpec
from .schema import FORMAT_VERSION

ROBOMIMIC_GYM = 2
"""robomimic's number for a gym environment."""
OUR_RENDERER, UNKNOWN_RENDERER = "tiny", "unknown"
"""The renderer of our recordings unless they name another, and that of another tool's pictures."""
MOST_BYTES = 2**20
"""Of a workspace.toml; ours have some hundred."""
Word = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,100}\Z")]
"""Text in one line."""
CameraName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,60}\Z")]
"""Part of the name of a dataset in an episode's file."""
WORLD_FIELDS = ("world", "stages", "action_axes", "readings")
"""What exports name of another world than the built-in arm."""
PURPOSE = "What this workspace is for; other tasks, rates and renderers are refused."


@dataclass(frozen=True)
class WorkspaceConfig:
    """What all episodes of a workspace share: one task, one renderer, one rate."""

    task: Word
    """Short name of the task, such as ShelfPick."""
    renderer: Word = OUR_RENDERER
    """Name of the renderer of the recorded images; two renderers' images differ."""
    control_hz: Annotated[int, msgspec.Meta(ge=1, le=1000)] = CONTROL_HZ
    """Control ticks per second."""
    image_size: Annotated[int, msgspec.Meta(ge=1, le=4096)] = IMAGE_SIZE
    """Height and width of the recorded images, pixels."""
    cameras: Annotated[tuple[CameraName, ...], msgspec.Meta(max_length=16)] = CAMERAS
    """The recorded cameras."""
    world: Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{0,200}\Z")] = ""
    """What makes its world (see `sim_envs.worlds.making`); empty for the built-in arm."""
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the environment; entries that are None are left out."""
    stages: Annotated[tuple[Word, ...], msgspec.Meta(max_length=100)] = ()
    """Names of the task's steps, the last is success; empty for those of a task by that name."""
    action_axes: Axes = BUILT_IN.action.axes
    """What each number of an action means."""
    readings: Readings = BUILT_IN.readings
    """The observations beside pictures and goal."""

    def __post_init__(self) -> None:
        kwargs = {key: value for key, value in self.env_kwargs.items() if value is not None}
        object.__setattr__(self, "env_kwargs", kwargs)
        object.__setattr__(self, "cameras", tuple(self.cameras))

    @cached_property
    def spec(self) -> RecordedSpec:
        """What the numbers of actions and readings mean."""
        return RecordedSpec(ActionSpec(self.action_axes), self.readings)

    @property
    def variation(self) -> str:
        """The level of domain randomization of its scenes; "none" without."""
        return str(self.env_kwargs.get("variation") or "none")

    def env_args(self) -> dict[str, Any]:
        """Robomimic's description of the environment."""
        kwargs = {
            **self.env_kwargs,
            "renderer": self.renderer,
            "image_size": self.image_size,
        }
        name = f"sidestick.sim_envs:sidestick/{self.task}-v0"
        if self.world:
            name = self.world
        return {
            "env_name": name,
            "type": ROBOMIMIC_GYM,
            "env_kwargs": kwargs,
            "env_version": version("sidestick"),
        }

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON; those of a world only where it is not the built-in arm."""
        values = asdict(self)
        for name in WORLD_FIELDS if not self.world and self.spec == BUILT_IN else ():
            del values[name]
        return values

    def step_bytes(self) -> int:
        """About how many bytes one step takes in the journal."""
        return len(self.cameras) * self.image_size**2 * 3 + 4096

    def differences(self, asked: "WorkspaceConfig", exact: bool = False) -> list[str]:
        """The fields in which this configuration differs from the one `asked` for, as sentences.

        Unless `exact`, a request without env_kwargs accepts whatever the workspace has.
        """
        ignored = set() if exact or asked.env_kwargs else {"env_kwargs"}
        return [
            f"{f.name} {getattr(self, f.name)!r}, asked for {getattr(asked, f.name)!r}"
            for f in fields(self)
            if f.name not in ignored and getattr(self, f.name) != getattr(asked, f.name)
        ]


def write_config(path: Path, config: WorkspaceConfig) -> None:
    """Write a workspace.toml; BadValue for a configuration that could not be read back."""
    document = tomlkit.document()
    document.add(tomlkit.comment(PURPOSE))
    values = asdict(config)
    config_of(values)
    try:
        document.update({"version": FORMAT_VERSION, **values})
    except (TypeError, ValueError) as error:
        raise BadValue("env_kwargs", "text, numbers, lists and tables", error) from error
    replace_file(path, tomlkit.dumps(document).encode())


def read_config(path: Path) -> WorkspaceConfig:
    """Read a workspace.toml; raise WorkspaceError when it is not a valid one."""
    try:
        values = parsed_toml(read_plain(path, MOST_BYTES), "settings")
        number = values.pop("version", None)
        if not isinstance(number, int) or number > FORMAT_VERSION:
            raise BadValue("version", f"a number up to {FORMAT_VERSION}", shown(number))
        return config_of(values)
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"{path}: cannot be read: {error}") from error


def config_of(values: Mapping[str, Any]) -> WorkspaceConfig:
    """The configuration of these values; BadValue where one has the wrong type or size."""
    given = decoded(values, dict[str, Any], "settings")
    require_text(given, "settings")
    return decoded(given, WorkspaceConfig, "settings", closed=True)
