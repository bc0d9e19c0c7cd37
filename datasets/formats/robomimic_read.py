"""`RobomimicSource` reads the episodes of a robomimic file, for `registry.import_into`.

Our own exports are read completely, another tool's file if its action is ours.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import DamagedFile, FormatError
from ...sim_envs.spaces import CONTROL_HZ, METRES_PER_UNIT, RADIANS_PER_UNIT
from ..checking.check import Problem
from ..config import WorkspaceConfig
from ..episode import Episode
from ..hdf5 import content_of, opened
from ..layout_check import MAX_RATIO, MAX_STEPS
from ..schema import IMAGE_SUFFIX, OBS, is_image
from ..summary import ENV_ARGS
from .imported_episode import (
    OUR_ACTION,
    ImportedEpisode,
    check_action,
    check_observations,
    episode_of,
    file_time,
    image_size,
    renamed,
)
from .robomimic_write import WORKSPACE

OWN = "sidestick"
POSE_CONTROLLER = "OSC_POSE"
DATASETS = ("actions", "rewards", "dones", "states", "action_modes", "wall_time", "late_ms")
"""Datasets that are read of another tool's episode beside its observations."""


class RobomimicSource:
    """A robomimic file; FormatError when its action is not ours."""

    def __init__(self, path: Path, task: str | None = None) -> None:
        self.path, self.lost, self.filled_in = path, list[str](), list[str]()
        with opened(path) as file:
            data = file["data"]
            names = (name for name in data if name[5:].isdigit())
            self._demos = sorted(names, key=lambda name: int(name[5:]))
            if not self._demos:
                raise FormatError(f"{path}: holds no episode data/demo_<number>")
            self.env_args: dict[str, Any] = _json(data, ENV_ARGS)
            own = _json(data, WORKSPACE)
            first = data[self._demos[0]]
            self.config = WorkspaceConfig(**own) if own else self._inferred_config(first, task)
            if any("next_obs" in data[name] for name in self._demos):
                self.lost.append("next_obs: made of obs again when it is exported")
            self._own = bool(own)

    def __len__(self) -> int:
        return len(self._demos)

    def episodes(self) -> Iterator[Episode | Problem]:
        """Yield each episode, or what is wrong with it."""
        for number, name in enumerate(self._demos):
            try:
                with opened(self.path) as file:
                    episode = self._episode(file["data"][name], name, number)
            except (DamagedFile, FormatError) as error:
                yield Problem(name, str(error).removeprefix(f"{self.path}: "))
            else:
                yield episode

    def _episode(self, demo: h5py.Group, name: str, number: int) -> Episode:
        """Read one episode."""
        if self._own:
            return Episode.of_content(content_of(demo), self.path)
        keys = {OBS + renamed(key): f"{OBS}{key}" for key in demo["obs"]}
        keys = {key: path for key, path in keys.items() if self._wanted(key)}
        keys |= {key: key for key in DATASETS if key in demo}
        columns = {key: _read(demo, path) for key, path in keys.items()}
        imported = ImportedEpisode(
            name=name,
            columns=columns,
            task=self.config.task,
            instruction=str(self.env_args.get("lang") or self.config.task),
            env_args=self.env_args,
            started=file_time(self.path) + number,
        )
        return episode_of(imported, self.config.control_hz, self.filled_in)

    def _wanted(self, key: str) -> bool:
        """Whether the schema has a column for an observation; others are added to `lost`."""
        name = key.removeprefix(OBS)
        ours = is_image(name) or name in {"joint_pos", "ee_pos", "ee_quat", "gripper_qpos", "goal"}
        note = f"obs/{name}: a workspace has no place for it"
        if not ours and note not in self.lost:
            self.lost.append(note)
        return ours

    def _inferred_config(self, demo: h5py.Group, task: str | None) -> WorkspaceConfig:
        """The workspace of another tool's file; FormatError when its action is not ours."""
        check_action(_read(demo, "actions"))
        name = str(self.env_args.get("env_name", ""))
        kwargs = self.env_args.get("env_kwargs", {})
        if OWN not in name:
            _check_controller(self.path, kwargs)
        shapes = {renamed(key): demo["obs"][key].shape for key in demo["obs"]}
        check_observations(set(shapes))
        images = [key for key in shapes if is_image(key)]
        return WorkspaceConfig(
            task=task or name.rpartition("/")[2].partition("-")[0] or "Imported",
            renderer=str(kwargs.get("renderer") or "unknown"),
            control_hz=int(kwargs.get("control_freq", CONTROL_HZ)),
            image_size=image_size(shapes),
            cameras=tuple(sorted(key.removesuffix(IMAGE_SUFFIX) for key in images)),
        )


def _check_controller(path: Path, kwargs: Mapping[str, Any]) -> None:
    """Raise FormatError unless robosuite's controller has our action and its scale."""
    found = _controller(kwargs.get("controller_configs"))
    if found is None:
        raise FormatError(f"{path}: env_args do not say what an action does; ours is {OUR_ACTION}")
    if found.get("control_delta") is False or found.get("input_type", "delta") != "delta":
        raise FormatError(f"{path}: its actions are absolute poses; ours is {OUR_ACTION}")
    ours = [METRES_PER_UNIT] * 3 + [RADIANS_PER_UNIT] * 3
    scale = np.broadcast_to(np.asarray(found.get("output_max", 1.0), float), 6)
    if not np.allclose(scale, ours, rtol=1e-3):
        raise FormatError(
            f"{path}: a unit of its action moves the end effector by {scale[0]:g} m and "
            f"{scale[3]:g} rad; ours is {OUR_ACTION}"
        )


def _controller(configs: object) -> Mapping[str, Any] | None:
    """The settings of a pose controller, whose nesting depends on robosuite's version."""
    if isinstance(configs, Mapping):
        if configs.get("type") == POSE_CONTROLLER:
            return configs
        inner = (_controller(value) for value in configs.values())
        return next((found for found in inner if found is not None), None)
    if isinstance(configs, list):
        inner = (_controller(value) for value in configs)
        return next((found for found in inner if found is not None), None)
    return None


def _read(demo: h5py.Group, key: str) -> NDArray[Any]:
    """Read a dataset; FormatError when its size is implausible for the file."""
    dataset = demo[key]
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "biuf":
        raise FormatError(f"{key}: not numbers")
    if not dataset.shape or not 0 < dataset.shape[0] <= MAX_STEPS:
        raise FormatError(f"{key}: expected 1 to {MAX_STEPS} steps, got {dataset.shape}")
    if dataset.nbytes > MAX_RATIO * dataset.id.get_storage_size():
        raise FormatError(f"{key}: claims {dataset.nbytes} bytes, more than the file can hold")
    values: NDArray[Any] = dataset[()]
    return values


def _json(group: h5py.Group, name: str) -> dict[str, Any]:
    """The JSON object in an attribute; empty without one."""
    try:
        text = group.attrs.get(name, "{}")
        found = json.loads(text.decode() if isinstance(text, bytes) else str(text))
    except (ValueError, OSError) as error:
        raise FormatError(f"{group.file.filename}: {name} is not JSON: {error}") from error
    return found if isinstance(found, dict) else {}
