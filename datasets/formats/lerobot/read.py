"""`LeRobotSource` reads the episodes of a LeRobot v3 dataset, for `registry.import_into`.

Our own exports are read completely, another tool's dataset if its action is ours.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import DamagedFile, FormatError
from ...checking.check import Problem
from ...config import WorkspaceConfig, config_of
from ...episode import Episode
from ...hdf5 import UNREADABLE
from ...layout_check import MAX_STEPS
from ...recorded_spec import spec_of
from ...schema import IMAGE_SUFFIX, OBS, columns
from ...summary import Attributes, from_attributes
from ..foreign_spec import Taking
from ..import_options import AS_IT_IS, ImportOptions, fitted
from ..imported_episode import (
    OUR_ACTION,
    ImportedEpisode,
    episode_of,
    file_time,
    whole_rate,
)
from ..imported_header import renderer_of, stages_of
from ..value_types import narrowed
from ..who_acted import MODES, flag_among, modes_of_flags
from .files import path_in
from .foreign import PICTURES, foreign_workspace, shape_of
from .info import read_info
from .layout import (
    GOAL,
    IMAGES,
    INFO,
    PAIRS,
    PREFIX,
    cameras_in,
    is_our_action,
    our_columns,
    state_names,
    vectors,
    without_place,
)
from .pictures import png_pixels, read_frames
from .rows import EpisodeRows, whole
from .side_file import SideFile
from .tables import read_columns
from .whole_columns import recorded

PIXELS_LOST = "exact pixels: they came through a compressed video"
FINAL_LOST = "the observation after the last action of each episode"
EDITED = "instructions that were edited elsewhere: those of meta/sidestick.json are kept"
NOT_IN_SIDE_FILE = "headers of episodes that meta/sidestick.json does not hold"


class LeRobotSource:
    """A dataset's folder; FormatError when its action or state is not ours."""

    def __init__(self, path: Path, options: ImportOptions = AS_IT_IS) -> None:
        self.path, self.lost, self.filled_in = path, [FINAL_LOST], list[str]()
        self.options = options
        self._taking: Taking | None = None
        self._info = read_info(path)
        self._features: dict[str, dict[str, Any]] = self._info["features"]
        self._rows = EpisodeRows(path, self._info)
        self._side = SideFile(path, len(self._rows))
        own = self._side.workspace
        self.config = config_of(own) if own else self._inferred_config()
        self._videos = [key for key, f in self._features.items() if f["dtype"] == "video"]
        self._note(self.lost, *([PIXELS_LOST] if self._videos else []))
        missing = () if self._taking is not None else without_place(self._features)
        self._note(self.lost, *(f"{key}: a workspace has no place for it" for key in missing))
        self._flag = None if PREFIX + MODES in self._features else flag_among(self._features)
        self._intervened: bool | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def episodes(self) -> Iterator[tuple[str, Episode | Problem]]:
        """Yield each episode's name, and itself or what is wrong with it."""
        for row in self._rows:
            name = f"episode {row.get('episode_index')}"
            try:
                episode = self._episode(row, name)
            except (DamagedFile, FormatError) as error:
                yield name, Problem(name, str(error).removeprefix(f"{self.path}/"))
            except (LookupError, *UNREADABLE) as error:
                yield name, Problem(name, f"{type(error).__name__}: {error}")
            else:
                yield name, episode

    def _episode(self, row: Mapping[str, Any], name: str) -> Episode:
        """Read one episode."""
        number, length = whole(row, "episode_index"), whole(row, "length")
        if not 0 < length <= MAX_STEPS:
            raise FormatError(f"length: expected 1 to {MAX_STEPS}, got {length}")
        frames = self._frames(row, length)
        if self._taking is not None:
            found = self._foreign_columns(row, frames, self._taking)
        else:
            found = our_columns(frames, self.config.spec)
            for camera in cameras_in(self._features):
                images = self._images(IMAGES + camera, row, frames)
                found[f"{OBS}{camera}{IMAGE_SUFFIX}"] = images
        if self._flag is not None:
            found[MODES] = modes_of_flags(frames[self._flag], self._has_interventions())
        instruction = self._rows.instruction(row, frames) or self.config.task
        if (attributes := self._side.attributes(number, frames)) is not None:
            if attributes.get("instruction") != instruction:
                self._note(self.lost, EDITED)
            return _own_episode(attributes, found, self.path)
        if self._side.workspace is not None:
            self._note(self.lost, NOT_IN_SIDE_FILE)
        imported = ImportedEpisode(
            name=name,
            columns=found,
            task=self.config.task,
            instruction=instruction,
            env_args=self.config.env_args(),
            started=file_time(self.path / INFO) + number,
            spec=self.config.spec,
            names=((), self.config.stages) if self.config.stages else None,
        )
        return episode_of(imported, self.config.control_hz, self.filled_in)

    def _foreign_columns(
        self, row: Mapping[str, Any], frames: Mapping[str, NDArray[Any]], taking: Taking
    ) -> dict[str, NDArray[Any]]:
        """An episode's columns [T, ...] for a workspace of its own spec."""

        def read(key: str) -> NDArray[Any]:
            pictures = self._features[key]["dtype"] in PICTURES
            return self._images(key, row, frames) if pictures else np.asarray(frames[key])

        said = {ours: frames[key] for key, ours in PAIRS.items() if key in frames and key != GOAL}
        return recorded(dict(said)) | taking.columns(np.asarray(frames["action"]), read)

    def _frames(self, row: Mapping[str, Any], length: int) -> dict[str, Any]:
        """Read an episode's numeric columns [T, ...]."""
        path, start = self._rows.place(row)
        skipped = (*PICTURES, "string", "language")
        keys = [key for key, f in self._features.items() if f["dtype"] not in skipped]
        frames = vectors(read_columns(path, keys, start, length))
        if (frames["episode_index"] != row["episode_index"]).any():
            raise FormatError("its frames are not where meta/episodes says")
        return frames

    def _images(
        self, key: str, row: Mapping[str, Any], frames: Mapping[str, NDArray[Any]]
    ) -> NDArray[np.uint8]:
        """Read an episode's images of one camera, uint8[T, height, width, 3]."""
        length, shape = len(frames["action"]), shape_of(key, self._features[key])
        if shape is None:
            raise FormatError(f"{key}: {self._features[key]['shape']}; ours are RGB")
        size, side = (shape[0], shape[1]), self.config.image_size
        change = None if size == (side, side) else fitted(side, self.options.fit)
        if self._features[key]["dtype"] == "image":
            path, start = self._rows.place(row)
            files = read_columns(path, [key], start, length)[key]
            return np.stack([png_pixels(file, size, change) for file in files])
        place = {n: whole(row, f"videos/{key}/{n}") for n in ("chunk_index", "file_index")}
        path = path_in(self.path, self._info["video_path"], video_key=key, **place)
        period = 1 / self.config.control_hz
        within = frames.get("timestamp", np.arange(length) * period)
        times = float(row[f"videos/{key}/from_timestamp"]) + np.asarray(within, np.float64)
        return read_frames(path, times, period, size, change)

    def _has_interventions(self) -> bool:
        """Whether a person took over anywhere in the dataset, by LeRobot's flag."""
        if self._intervened is None:
            flag = str(self._flag)
            places = ((self._rows.place(row), whole(row, "length")) for row in self._rows)
            self._intervened = any(
                np.asarray(read_columns(path, [flag], start, length)[flag]).any()
                for (path, start), length in places
            )
        return self._intervened

    def _inferred_config(self) -> WorkspaceConfig:
        """The workspace of another tool's dataset: the built-in arm's, else one of its own spec."""
        try:
            if self.options.is_plain:
                return self._arms_config()
        except FormatError:
            ours = self.options.into is not None or stages_of(self.options.task or "")
            if ours or "action" not in self._features:
                raise
        try:
            self._taking, config = foreign_workspace(self, self._info, self._rows)
        except FormatError as error:
            reason = str(error).removeprefix(f"{self.path}: ")
            raise FormatError(f"{self.path}: {reason}") from error
        return config

    def _arms_config(self) -> WorkspaceConfig:
        """The workspace of a dataset whose action is ours; FormatError for another."""
        action, state = self._features.get("action"), self._features.get("observation.state", {})
        if action is None:
            raise FormatError(f"{self.path}: it has no action; ours is {OUR_ACTION}")
        if not is_our_action(action):
            raise FormatError(
                f"{self.path}: its action is {list(action['shape'])} {action.get('names')}; "
                f"ours is {OUR_ACTION}"
            )
        if state.get("names") != state_names():
            raise FormatError(
                f"{self.path}: observation.state is {state.get('names')}; ours is {state_names()}"
            )
        cameras = cameras_in(self._features)
        shapes = {f"{c}{IMAGE_SUFFIX}": self._features[IMAGES + c]["shape"] for c in cameras}
        task = self.options.task or "Imported"
        return config_of(
            {
                "task": task,
                "renderer": renderer_of(task, None, self.filled_in),
                "control_hz": whole_rate(self._info["fps"], "fps"),
                "image_size": self.options.size_of(
                    {name: (s[0], s[1], s[2]) for name, s in shapes.items()}
                ),
                "cameras": cameras,
            }
        )

    @staticmethod
    def _note(lines: list[str], *notes: str) -> None:
        """Add lines to a list, each once."""
        lines += [note for note in notes if note not in lines]


def _own_episode(attributes: Attributes, found: dict[str, NDArray[Any]], path: Path) -> Episode:
    """An episode of our own export, with its attributes."""
    cameras = [name[len(OBS) : -len(IMAGE_SUFFIX)] for name in found if name.endswith(IMAGE_SUFFIX)]
    spec = spec_of(attributes)
    types = {column.key: column.dtype for column in columns(cameras, spec.readings)}
    rows = {key: narrowed(key, values, types[key]) for key, values in found.items()}
    return Episode.of_columns(from_attributes(attributes, path), rows)
