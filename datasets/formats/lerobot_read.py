"""`LeRobotSource` reads the episodes of a LeRobot v3 dataset, for `registry.import_into`.

Our own exports are read completely, another tool's dataset if its action is ours.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import DamagedFile, FormatError
from ..checking.check import Problem
from ..config import WorkspaceConfig
from ..episode import Episode
from ..layout_check import MAX_STEPS
from ..schema import IMAGE_SUFFIX, OBS, columns
from ..summary import Attributes, from_attributes
from .imported_episode import OUR_ACTION, ImportedEpisode, episode_of, file_time, image_size
from .lerobot_layout import (
    IMAGES,
    INFO,
    OURS,
    STATE_NAMES,
    VERSION,
    cameras_in,
    is_our_action,
    our_columns,
)
from .lerobot_tables import read_columns, read_rows
from .lerobot_video import png_pixels, read_frames

PIXELS_LOST = "exact pixels: they came through a compressed video"
FINAL_LOST = "the observation after the last action of each episode"


class LeRobotSource:
    """A dataset's folder; FormatError when its action or state is not ours."""

    def __init__(self, path: Path, task: str | None = None) -> None:
        self.path, self.lost, self.filled_in = path, [FINAL_LOST], list[str]()
        self._info = _json(path / INFO)
        try:
            if self._info["codebase_version"] != VERSION:
                version = self._info["codebase_version"]
                raise FormatError(f"{path}: LeRobot {version}; this Sidestick reads {VERSION}")
            self._features: dict[str, dict[str, Any]] = self._info["features"]
            ours = _json(path / OURS) if (path / OURS).exists() else {}
            self._own: list[Attributes] = ours.get("episodes", [])
            own = ours.get("workspace")
            self.config = WorkspaceConfig(**own) if own else self._inferred_config(task)
            self._videos = [key for key, f in self._features.items() if f["dtype"] == "video"]
        except (KeyError, TypeError, AttributeError) as error:
            raise FormatError(f"{path}: {INFO} is not LeRobot's: {error}") from error
        self._rows = self._episode_rows()
        if self._videos:
            self.lost.append(PIXELS_LOST)

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
            except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
                yield name, Problem(name, f"{type(error).__name__}: {error}")
            else:
                yield name, episode

    def _episode(self, row: Mapping[str, Any], name: str) -> Episode:
        """Read one episode."""
        number, length = int(row["episode_index"]), int(row["length"])
        if not 0 < length <= MAX_STEPS:
            raise FormatError(f"length: expected 1 to {MAX_STEPS}, got {length}")
        found = our_columns(self._frames(row, length))
        for camera in cameras_in(self._features):
            images = self._images(IMAGES + camera, row, length)
            found[f"{OBS}{camera}{IMAGE_SUFFIX}"] = images
        if number < len(self._own):
            return _own_episode(self._own[number], found, self.path)
        imported = ImportedEpisode(
            name=name,
            columns=found,
            task=self.config.task,
            instruction="; ".join(row["tasks"]),
            started=file_time(self.path / INFO) + number,
        )
        return episode_of(imported, self.config.control_hz, self.filled_in)

    def _frames(self, row: Mapping[str, Any], length: int) -> dict[str, Any]:
        """Read an episode's numeric columns [T, ...]."""
        path, start = self._data_place(row)
        pictures = ("video", "image", "string")
        keys = [key for key, f in self._features.items() if f["dtype"] not in pictures]
        frames = read_columns(path, keys, start, length)
        if (frames["episode_index"] != row["episode_index"]).any():
            raise FormatError("its frames are not where meta/episodes says")
        return frames

    def _images(self, key: str, row: Mapping[str, Any], length: int) -> NDArray[np.uint8]:
        """Read an episode's images of one camera, uint8[T, height, width, 3]."""
        if self._features[key]["dtype"] == "image":
            path, start = self._data_place(row)
            files = read_columns(path, [key], start, length)[key]
            return np.stack([png_pixels(file) for file in files])
        place = {name: int(row[f"videos/{key}/{name}"]) for name in ("chunk_index", "file_index")}
        path = self.path / self._info["video_path"].format(video_key=key, **place)
        return read_frames(path, float(row[f"videos/{key}/from_timestamp"]), length)

    def _data_place(self, row: Mapping[str, Any]) -> tuple[Path, int]:
        """The file of an episode's frames, and its first row in it."""
        place = (int(row["data/chunk_index"]), int(row["data/file_index"]))
        path = self._info["data_path"].format(chunk_index=place[0], file_index=place[1])
        firsts = [
            int(other["dataset_from_index"])
            for other in self._rows
            if (other["data/chunk_index"], other["data/file_index"]) == place
        ]
        return self.path / path, int(row["dataset_from_index"]) - min(firsts)

    def _episode_rows(self) -> list[dict[str, Any]]:
        """Read meta/episodes, without the statistics."""
        rows: list[dict[str, Any]] = []
        for path in sorted((self.path / "meta/episodes").glob("*/*.parquet")):
            try:
                rows += [
                    {key: value for key, value in row.items() if not key.startswith("stats/")}
                    for row in read_rows(path)
                ]
            except (OSError, ValueError) as error:
                raise FormatError(f"{path}: {error}") from error
        if not rows:
            raise FormatError(f"{self.path}: no episode in meta/episodes")
        return rows

    def _inferred_config(self, task: str | None) -> WorkspaceConfig:
        """The workspace of another tool's dataset; FormatError for another action or state."""
        action, state = self._features["action"], self._features.get("observation.state", {})
        if not is_our_action(action):
            raise FormatError(
                f"{self.path}: its action is {list(action['shape'])} {action.get('names')}; "
                f"ours is {OUR_ACTION}"
            )
        if state.get("names") != STATE_NAMES:
            raise FormatError(
                f"{self.path}: observation.state is {state.get('names')}; ours is {STATE_NAMES}"
            )
        cameras = cameras_in(self._features)
        shapes = {f"{c}{IMAGE_SUFFIX}": self._features[IMAGES + c]["shape"] for c in cameras}
        return WorkspaceConfig(
            task=task or "Imported",
            renderer="unknown",
            control_hz=int(self._info["fps"]),
            image_size=image_size({name: tuple(shape) for name, shape in shapes.items()}),
            cameras=tuple(cameras),
        )


def _own_episode(attributes: Attributes, found: dict[str, NDArray[Any]], path: Path) -> Episode:
    """An episode of our own export, with its attributes."""
    cameras = [name[len(OBS) : -len(IMAGE_SUFFIX)] for name in found if name.endswith(IMAGE_SUFFIX)]
    types = {column.key: column.dtype for column in columns(cameras)}
    rows = {key: np.ascontiguousarray(values, types[key]) for key, values in found.items()}
    return Episode.of_columns(from_attributes(attributes, path), rows)


def _json(path: Path) -> dict[str, Any]:
    """Read one of the files in meta/; FormatError when it is not JSON."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise FormatError(f"{path}: expected a JSON object")
    return found
