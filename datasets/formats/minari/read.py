"""`MinariSource` reads the episodes of a Minari dataset, for `registry.import_into`.

Our own exports are read completely, and what a collector recorded of one of our environments; every
other dataset makes a workspace of its own spec.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import BadValue, DamagedFile, FormatError
from ....sim_envs.free_memory import free_memory
from ....sim_envs.reset_options import RESEATS
from ....sim_envs.spaces import IMAGE_SIZE
from ...cache import SHARE
from ...checking.check import Problem
from ...config import OUR_RENDERER, WorkspaceConfig, config_of
from ...episode import Episode
from ...hdf5 import UNREADABLE, opened
from ...schema import OBS, is_image
from ...summary import NO_SEED
from ..byte_rows import read_byte_rows
from ..foreign_hdf5 import group_of, read_column, require_own_dataset
from ..import_options import AS_IT_IS, ImportOptions
from ..imported_episode import (
    ImportedEpisode,
    check_action,
    check_observations,
    episode_of,
    file_time,
)
from ..jpeg import jpeg_pixels
from .files import (
    EnvironmentSpec,
    Metadata,
    dataset_folder,
    environment_of,
    main_file,
    read_metadata,
    wrapper_names,
)
from .foreign import ForeignSet
from .infos import EpisodeInfos, read_infos
from .layout import OBSERVATIONS, OPTIONS, SEED
from .own import FINAL_LOST, is_own, own_config, own_episode

ENVIRONMENT = re.compile(r"sidestick/(.+)-v\d+")
DERIVED = ("id", "total_steps", SEED, f"{OPTIONS}{RESEATS}")
"""Attributes of an episode that are read, or that Minari makes of the rest with `rewards_...`."""
NO_PLACE = "{}: a workspace has no place for it"
PIXELS_LOST = "exact pixels: they came through JPEG"


class MinariSource:
    """A dataset; FormatError where no workspace could hold it."""

    def __init__(self, path: Path, options: ImportOptions = AS_IT_IS) -> None:
        folder = dataset_folder(path)
        self.path, self.lost, self.filled_in = main_file(folder), list[str](), list[str]()
        metadata = read_metadata(folder)
        self._spec, self._options = environment_of(metadata), options
        self._foreign: ForeignSet | None = None
        with opened(self.path) as file:
            names = (name for name in file if re.fullmatch(r"episode_\d{1,9}", name))
            self._names = sorted(names, key=lambda name: int(name[8:]))
            if not self._names:
                raise FormatError(f"{self.path}: holds no episode")
            first = group_of(file, self._names[0])
            stated = metadata.workspace or (own_config(first) if is_own(first) else None)
            try:
                self.config = config_of(stated) if stated else self._config(first, metadata)
            except BadValue as error:
                raise FormatError(f"{self.path}: {error}") from error
        if stated is None and metadata.algorithm_name:
            self._note(NO_PLACE.format(f"algorithm_name {metadata.algorithm_name!r}"))

    def __len__(self) -> int:
        return len(self._names)

    def episodes(self) -> Iterator[tuple[str, Episode | Problem]]:
        """Yield each episode's name, and itself or what is wrong with it."""
        for number, name in enumerate(self._names):
            try:
                with opened(self.path) as file:
                    episode = self._episode(group_of(file, name), name, number)
            except (DamagedFile, FormatError, LookupError, *UNREADABLE) as error:
                yield name, Problem(name, str(error).removeprefix(f"{self.path}: "))
            else:
                yield name, episode

    def _episode(self, group: h5py.Group, name: str, number: int) -> Episode:
        """Read one episode."""
        actions = read_column(group, "actions")
        if self._foreign is None:
            check_action(actions, self.config.spec)
        infos = read_infos(group, len(actions), self.config.task, self._note)
        given = {"actions": actions, "rewards": self._rows(group, "rewards", len(actions))}
        given |= infos.columns
        if self._foreign is not None:
            given |= self._foreign.columns(group, actions)
            return self._imported(group, name, number, given, infos, None)
        seen = self._observations(group, len(actions))
        if is_own(group):
            return own_episode(group, given, seen, self.path, self.lost)
        last = {key: rows[-1] for key, rows in seen.items()}
        if "states" in given:
            self._note(FINAL_LOST)
        given |= {OBS + key: rows[:-1] for key, rows in seen.items()}
        kept = None if "states" in given else last
        return self._imported(group, name, number, given, infos, kept)

    def _imported(
        self,
        group: h5py.Group,
        name: str,
        number: int,
        given: dict[str, NDArray[Any]],
        infos: EpisodeInfos,
        last: dict[str, NDArray[Any]] | None,
    ) -> Episode:
        """An episode of its columns [T, ...], and the observation after its last action."""
        actions = given["actions"]
        given |= self._ends(group, len(actions)) | _reseats(group, len(actions))
        for key in group.attrs:
            if key not in DERIVED and not key.startswith("rewards_"):
                self._note(NO_PLACE.format(f"attribute {key}"))
        imported = ImportedEpisode(
            name=name,
            columns=given,
            task=self.config.task,
            instruction=infos.instruction or self.config.task,
            env_args=self.config.env_args(),
            started=file_time(self.path) + number,
            seed=_seed(group, infos.seed),
            final_observation=last,
            spec=self.config.spec,
            names=((), self.config.stages) if self.config.stages else None,
        )
        return episode_of(imported, self.config.control_hz, self.filled_in)

    def _observations(self, group: h5py.Group, steps: int) -> dict[str, NDArray[Any]]:
        """The observations before each action and after the last, [T + 1, ...] by our names."""
        seen = group_of(group, OBSERVATIONS)
        found: dict[str, NDArray[Any]] = {}
        known = {"goal", *(reading.name for reading in self.config.spec.readings)}
        for key in seen:
            if not is_image(key) and key not in known:
                self._note(NO_PLACE.format(f"observations/{key}"))
                continue
            encoded = is_image(key) and require_own_dataset(seen, key).ndim != 4
            rows = self._decoded(seen, key) if encoded else read_column(seen, key)
            if len(rows) != steps + 1:
                raise FormatError(
                    f"observations/{key}: expected {steps + 1}, one before each action and one "
                    f"after the last, got {len(rows)}"
                )
            found[key] = rows
        return found

    def _decoded(self, seen: h5py.Group, key: str) -> NDArray[np.uint8]:
        """The pixels of JPEG pictures, uint8[T + 1, side, side, 3]."""
        files, side = read_byte_rows(seen, key), self.config.image_size
        needed, room = len(files) * side * side * 3, int(SHARE * free_memory())
        if needed > room:
            raise FormatError(f"observations/{key}: {needed} bytes of pictures, {room} may be used")
        self._note(PIXELS_LOST)
        return np.stack([jpeg_pixels(data, side, side) for data in files])

    def _ends(self, group: h5py.Group, steps: int) -> dict[str, NDArray[Any]]:
        """Where the episode ended [T]; FormatError for one that goes on afterwards."""
        ended = np.zeros(steps, bool)
        for key in ("terminations", "truncations"):
            ended |= self._rows(group, key, steps).astype(bool)
        if ended[:-1].any():
            raise FormatError(f"it goes on after its end at step {int(ended.argmax())}")
        return {"dones": ended}

    def _rows(self, group: h5py.Group, key: str, steps: int) -> NDArray[Any]:
        """A column of one number a step."""
        rows = read_column(group, key)
        if rows.shape != (steps,):
            raise FormatError(f"{key}: expected {steps} numbers, one a step, got {rows.shape}")
        return rows

    def _config(self, first: h5py.Group, metadata: Metadata) -> WorkspaceConfig:
        """The workspace of what was collected of one of our environments, or of another one."""
        spec = self._spec
        known = None if spec is None else ENVIRONMENT.fullmatch(spec.id)
        if spec is None or known is None or not self._options.is_plain:
            self._foreign = ForeignSet(self, self._options, metadata, spec, first)
            self._note("the observation after the last action of each episode")
            return self._foreign.config
        if wrappers := wrapper_names(spec):
            raise FormatError(
                f"{self.path}: its environment was wrapped in {', '.join(wrappers)}, after which "
                "an action or observation may mean something else"
            )
        check_observations(set(group_of(first, OBSERVATIONS)))
        if spec.max_episode_steps is not None:
            self._note(NO_PLACE.format(f"the step limit of {spec.max_episode_steps}"))
        return config_of(_settings(spec, known[1], sorted(first[OBSERVATIONS])))

    def _note(self, line: str) -> None:
        """Add a line to `lost`, once."""
        self.lost += [line] if line not in self.lost else []


def _settings(spec: EnvironmentSpec, name: str, observations: list[str]) -> dict[str, Any]:
    """A workspace's settings, by the keywords of its environment."""
    rest: dict[str, Any] = dict(spec.kwargs)
    rest.pop("render_mode", None)
    return {
        "task": rest.pop("task", name),
        "renderer": rest.pop("renderer", OUR_RENDERER),
        "image_size": rest.pop("image_size", IMAGE_SIZE),
        "cameras": [key.removesuffix("_image") for key in observations if is_image(key)],
        "env_kwargs": rest,
    }


def _reseats(group: h5py.Group, steps: int) -> dict[str, NDArray[Any]]:
    """Where the arm's target was re-seated [T], by the options of the reset; nothing without."""
    key = f"{OPTIONS}{RESEATS}"
    if key not in group.attrs:
        return {}
    stored = group.attrs.get_id(key)
    if len(stored.shape) != 1 or stored.dtype.kind not in "iu" or stored.shape[0] > steps:
        raise FormatError(f"{key}: expected at most {steps} ticks")
    ticks = np.asarray(group.attrs[key])
    found = np.zeros(steps, np.uint8)
    found[ticks[(ticks >= 0) & (ticks < steps)]] = 1
    return {"reseat": found}


def _seed(group: h5py.Group, told: int) -> int:
    """The seed of an episode's reset, else the one that its infos told.

    None where it has none, or one that no scene has.
    """
    if SEED not in group.attrs:
        return told
    seed = group.attrs[SEED]
    whole = isinstance(seed, np.integer) and 0 <= seed < 2**63
    return int(seed) if whole else NO_SEED
