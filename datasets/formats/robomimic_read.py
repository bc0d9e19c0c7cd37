"""`RobomimicSource` reads the episodes of a robomimic file, for `registry.import_into`.

Episodes of our own, from an export or an index, are read completely, those of another tool if their
action is ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

from ...sim_envs.errors import DamagedFile, FormatError
from ...sim_envs.spaces import CONTROL_HZ
from ..checking.check import Problem
from ..config import WorkspaceConfig, config_of
from ..episode import Episode
from ..hdf5 import UNREADABLE, content_of, opened
from ..schema import IMAGE_SUFFIX, OBS, is_image
from ..summary import ENV_ARGS
from .foreign_hdf5 import group_of, json_attribute, mapping, read_column
from .foreign_spec import Taking, pictures_of
from .import_options import AS_IT_IS, ImportOptions
from .imported_episode import (
    NEEDED,
    ImportedEpisode,
    check_action,
    check_observations,
    episode_of,
    file_time,
    renamed,
    whole_rate,
)
from .imported_header import described, renderer_of, stages_of
from .robomimic_controller import check_controller
from .robomimic_foreign import foreign_workspace
from .robomimic_own import is_own, own_config
from .robomimic_write import MASKS, NEXT_OBS, WORKSPACE

OWN = "sidestick"
DATASETS = ("actions", "rewards", "dones", "states", "action_modes", "wall_time", "late_ms")
"""Datasets that are read of another tool's episode beside its observations."""
LABELS = "intv_labels"
"""Sirius' labels, which are read where there are no `action_modes`."""
PROBLEM = "problem_info"
"""LIBERO's description of its task."""
META = "ep_meta"
"""robocasa's description of an episode, with its instruction as `lang`."""
NO_PLACE = "{}: a workspace has no place for it"
EXTRACT = (
    "robosuite's recordings hold states and actions alone: extract observations first, with "
    "robomimic's dataset_states_to_obs.py"
)


class RobomimicSource:
    """A robomimic file; FormatError when none of its episodes has our action."""

    def __init__(self, path: Path, options: ImportOptions = AS_IT_IS) -> None:
        self.path, self.lost, self.filled_in = path, list[str](), list[str]()
        self.options = options
        self._taking: Taking | None = None
        with opened(path) as file:
            if not isinstance(file.get("data"), h5py.Group):
                raise FormatError(f"{path}: it has no group `data`, it is no file of robomimic")
            data = file["data"]
            names = (name for name in data if re.fullmatch(r"demo_\d{1,9}", name))
            self._demos = sorted(names, key=lambda name: int(name[5:]))
            if not self._demos:
                raise FormatError(f"{path}: holds no episode data/demo_<number>")
            self.env_args: dict[str, Any] = json_attribute(data, ENV_ARGS)
            own = json_attribute(data, WORKSPACE)
            self.config = config_of(own) if own else self._some_config(data)
            self._sentence = json_attribute(data, PROBLEM).get("language_instruction")
            self._list_filters(file)

    def __len__(self) -> int:
        return len(self._demos)

    def episodes(self) -> Iterator[tuple[str, Episode | Problem]]:
        """Yield each episode's name, and itself or what is wrong with it."""
        for number, name in enumerate(self._demos):
            try:
                with opened(self.path) as file:
                    episode = self._episode(group_of(file["data"], name), name, number)
            except (DamagedFile, FormatError, KeyError, *UNREADABLE) as error:
                yield name, Problem(name, str(error).removeprefix(f"{self.path}: "))
            else:
                yield name, episode

    def _episode(self, demo: h5py.Group, name: str, number: int) -> Episode:
        """Read one episode."""
        if is_own(demo):
            self._list_lost(key for key in demo if key == NEXT_OBS)
            return Episode.of_content(content_of(demo), self.path)
        if self._taking is not None:
            return self._foreign_episode(demo, name, number, self._taking)
        observed = _observations(demo)
        keys = {OBS + renamed(key): f"{OBS}{key}" for key in observed}
        taken = {key: path for key, path in keys.items() if _has_place(key)}
        self._list_lost(f"obs/{key.removeprefix(OBS)}" for key in keys if key not in taken)
        taken |= {key: key for key in DATASETS if key in demo}
        if LABELS in demo and "action_modes" not in demo:
            taken[LABELS] = LABELS
        columns = {key: read_column(demo, path) for key, path in taken.items()}
        if self.options.fits:
            for key in filter(is_image, columns):
                size = (self.config.image_size, self.options.fit)
                columns[key] = pictures_of(key, columns[key], *size)
        return self._converted(demo, name, number, columns)

    def _foreign_episode(self, demo: h5py.Group, name: str, number: int, taking: Taking) -> Episode:
        """Read one episode into a workspace of its own spec."""
        observed = _observations(demo)
        columns = taking.columns(
            read_column(demo, "actions"), lambda key: read_column(observed, key)
        )
        kept = [key for key in (*DATASETS[1:], LABELS) if key in demo]
        columns |= {key: read_column(demo, key) for key in kept}
        return self._converted(demo, name, number, columns)

    def _converted(
        self, demo: h5py.Group, name: str, number: int, columns: dict[str, NDArray[Any]]
    ) -> Episode:
        """The episode of these columns, with what its attributes say."""
        meta = json_attribute(demo, META)
        taken = {*columns, "obs"}
        left = [key for key in demo if key not in taken]
        said = [f"attribute {key}" for key in demo.attrs if key not in ("num_samples", "success")]
        self._list_lost([*left, *said])
        success = demo.attrs.get("success")
        imported = ImportedEpisode(
            name=name,
            columns=columns,
            task=self.config.task,
            instruction=self._instruction(meta),
            success=None if success is None else bool(success),
            env_args=described(self.env_args, self.config),
            started=file_time(self.path) + number,
            spec=self.config.spec,
            names=((), self.config.stages) if self.config.stages else None,
        )
        return episode_of(imported, self.config.control_hz, self.filled_in)

    def _instruction(self, meta: Mapping[str, Any]) -> str:
        """What the demo asks for: by its own description, or the file's (robocasa, LIBERO)."""
        said = (meta.get("lang"), self.env_args.get("lang"), self._sentence, self.config.task)
        return str(next(text for text in said if text))

    def _list_filters(self, file: h5py.File) -> None:
        """Add filter keys to `lost`, except those that our own exports make of every episode."""
        masks = file.get("mask")
        names = list(masks) if isinstance(masks, h5py.Group) else []
        self._list_lost(f"mask/{name}" for name in names if name not in MASKS)

    def _list_lost(self, names: Iterable[str]) -> None:
        """Add to `lost` what a workspace has no place for, once."""
        for name in names:
            note = f"{name}: made of obs again when it is exported"
            note = note if name == NEXT_OBS else NO_PLACE.format(name)
            if note not in self.lost:
                self.lost.append(note)

    def _some_config(self, data: h5py.Group) -> WorkspaceConfig:
        """The workspace of the first episode that has one; the first's error where none has."""
        first: Exception | None = None
        for name in self._demos:
            try:
                demo = group_of(data, name)
                return own_config(demo) if is_own(demo) else self._foreign_config(demo)
            except (FormatError, KeyError, *UNREADABLE) as error:
                first = first or error
        reason = str(first).removeprefix(f"{self.path}: ")
        raise FormatError(f"{self.path}: {reason}") from first

    def _foreign_config(self, demo: h5py.Group) -> WorkspaceConfig:
        """The workspace of another tool's episode: the built-in arm's, else one of its own spec."""
        try:
            if self.options.is_plain:
                return self._arms_config(demo)
        except FormatError:
            ours = self.options.into is not None or stages_of(self.task)
            if ours or "obs" not in demo:
                raise
        taking, config = foreign_workspace(self, demo)
        self._taking = taking
        return config

    def _arms_config(self, demo: h5py.Group) -> WorkspaceConfig:
        """The workspace of an episode whose action is ours; FormatError for another."""
        observed = _observations(demo)
        check_action(read_column(demo, "actions"))
        name = str(self.env_args.get("env_name", ""))
        kwargs = mapping(self.path, self.env_args, "env_kwargs")
        if OWN not in name:
            check_controller(self.path, kwargs)
        shapes = {renamed(key): getattr(observed.get(key), "shape", ()) for key in observed}
        check_observations(set(shapes))
        images = [key for key in shapes if is_image(key)]
        rest = {k: v for k, v in kwargs.items() if k not in ("renderer", "image_size")}
        task = self.task
        return config_of(
            {
                "task": task,
                "renderer": renderer_of(task, kwargs.get("renderer"), self.filled_in),
                "control_hz": self.rate(kwargs.get("control_freq")),
                "image_size": self.options.size_of({key: shapes[key][1:] for key in images}),
                "cameras": sorted(key.removesuffix(IMAGE_SUFFIX) for key in images),
                "env_kwargs": rest if OWN in name else {},
            }
        )

    @property
    def task(self) -> str:
        """The task, as asked or as the file calls its environment."""
        name = str(self.env_args.get("env_name", ""))
        return self.options.task or re.sub(r"-v\d+$", "", name.rpartition("/")[2]) or "Imported"

    def rate(self, given: object) -> int:
        """Control ticks a second; ours where the file has none, which is listed."""
        if given is None:
            note = f"control_freq: not recorded, taken as {CONTROL_HZ} Hz"
            self.filled_in += [note] if note not in self.filled_in else []
            return CONTROL_HZ
        return whole_rate(given, "control_freq")


def _observations(demo: h5py.Group) -> h5py.Group:
    """The observations of an episode; FormatError without."""
    if "obs" not in demo:
        raise FormatError(f"it has no observations (obs); {EXTRACT}")
    return group_of(demo, "obs")


def _has_place(key: str) -> bool:
    """Whether the schema has a column for an observation."""
    name = key.removeprefix(OBS)
    return is_image(name) or name in {*NEEDED, "goal"}
