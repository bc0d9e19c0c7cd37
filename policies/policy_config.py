"""`PolicyConfig` is what a policy's config.json says of its task, observations and provenance.

Stores, lists and reports read it; nothing here loads PyTorch.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec

from ..datasets.files.decoding import decoded
from ..datasets.recorded_spec import BUILT_IN, Axes, Readings, RecordedSpec
from ..sim_envs.errors import PolicyError
from ..sim_envs.spaces import CAMERAS
from ..sim_envs.worlds.spec import ActionSpec
from .base.json_files import read_json
from .base.provenance import Provenance

FORMAT = 1
"""Version of config.json; a later one is refused."""
CONFIG, MODEL = "config.json", "model.safetensors"
"""Files in a policy's folder."""
KIND, REMOTE = "kind", "remote"
"""Entry of config.json, and its value for a policy on a server; ours have none."""
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
"""Of actions, observations or pixels."""


@dataclass(frozen=True)
class PolicyConfig:
    """A policy's task, observations, execution and provenance; the networks have own settings."""

    task: str
    """Short task name, as `make_task_env` takes it."""
    renderer: str
    """Renderer of the images that it was trained on."""
    goal_names: tuple[str, ...]
    """Names of the entries of the goal vector, which is one-hot or multi-hot, in order."""
    cameras: tuple[str, ...] = CAMERAS
    """Cameras whose images it reads."""
    image_size: Count = 96
    """Height and width of their images, pixels."""
    execute: Count = 8
    """Actions of a plan to execute before the next."""
    history: Count = 1
    """Observations that it reads: the current one and those of its previous plans."""
    ensembling: Annotated[float, msgspec.Meta(ge=0, le=1e6)] | None = None
    """Rate of temporal ensembling; None without it."""
    provenance: Provenance = field(default_factory=Provenance)
    """The episodes, parent policy and kind of update that it comes from."""
    action_axes: Axes = BUILT_IN.action.axes
    """What each number of its actions means."""
    readings: Readings = BUILT_IN.readings
    """The observations beside pictures and goal, where it was trained."""
    training: dict[str, Any] = field(default_factory=dict)
    """Steps, seconds, threads, precision, counts and shares per class, losses, candidates."""

    @property
    def spec(self) -> RecordedSpec:
        """What the numbers of its actions and readings mean."""
        return RecordedSpec(ActionSpec(self.action_axes), self.readings)

    def to_json(self) -> dict[str, Any]:
        """The inverse of from_json(); the spec only where it is not the built-in arm's."""
        values = asdict(self)
        for name in ("action_axes", "readings") if self.spec == BUILT_IN else ():
            del values[name]
        return values

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "PolicyConfig":
        """The config in config.json's part "policy"; BadValue for unknown keys."""
        given = decoded(value, dict[str, Any], "policy")
        origin = Provenance.from_json(given.get("provenance", {}))
        return decoded({**given, "provenance": asdict(origin)}, cls, "policy", closed=True)


def settings_of(folder: Path) -> dict[str, Any]:
    """What a policy's config.json says; PolicyError where there is none of this format."""
    if not folder.is_dir():
        raise PolicyError(f"{folder}: no such policy folder")
    settings = read_json(folder / CONFIG)
    if settings.get("format") != FORMAT:
        found = settings.get("format")
        raise PolicyError(f"{folder / CONFIG}: expected policy format {FORMAT}, got {found!r}")
    return settings


def files_of(folder: Path) -> tuple[str, ...]:
    """The names of the files that a policy in a folder consists of."""
    return (CONFIG,) if is_remote(read_json(folder / CONFIG)) else (CONFIG, MODEL)


def is_remote(settings: dict[str, Any]) -> bool:
    """Whether a config.json is of a policy on a server."""
    return settings.get(KIND) == REMOTE
