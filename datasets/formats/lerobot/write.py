"""`LeRobotWriter` writes a LeRobot v3 dataset: parquet, video or PNG, and statistics."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...config import WorkspaceConfig
from ...episode import Episode
from ...recorded_spec import BUILT_IN
from ...summary import to_attributes
from ..optional import require
from ..transfer import ExportOptions
from .layout import (
    CHUNK_FILES,
    DATA_MB,
    DATA_PATH,
    EPISODES_PATH,
    INDEX_FEATURES,
    INFO,
    OURS,
    STATS,
    TASKS,
    VERSION,
    VIDEO_MB,
    VIDEO_PATH,
    Feature,
    feature_of,
    frame_columns,
    images_of,
)
from .side_file import CONTENT, content_digest
from .stats import Stats, column_stats, image_stats, merged, to_json
from .tables import DataFiles, write_episodes, write_tasks
from .video import VideoWriter, pngs
from .whole_columns import padded_size

ROBOT, UNKNOWN_ROBOT = "panda", "unknown"


class LeRobotWriter:
    """Writes a dataset's folder."""

    def __init__(
        self,
        path: Path,
        config: WorkspaceConfig,
        options: ExportOptions,
        episodes: Sequence[Path],
    ) -> None:
        require("pyarrow", "lerobot")
        self._path, self._config = path, config
        self._state_size = padded_size(episodes)
        self._as_video = options.images == "video" and config.image_size % 2 == 0
        path.mkdir(parents=True)
        self._data = DataFiles(path)
        self._videos: dict[str, VideoWriter] = {}
        self._features: dict[str, dict[str, Any]] = {}
        self._tasks: dict[str, int] = {}
        self._episodes: list[dict[str, Any]] = []
        self._stats: list[dict[str, Stats]] = []
        self._ours: list[dict[str, Any]] = []
        self._frames = self._branches = self._finals = 0

    def add(self, episode: Episode) -> int:
        """Append an episode to the data and video files."""
        frames, images = frame_columns(episode, self._state_size), images_of(episode)
        indices = self._indices(episode)
        stats = {key: column_stats(rows) for key, rows in (frames | indices).items()}
        stats |= {key: image_stats(rows) for key, rows in images.items()}
        if not self._features:
            self._describe(frames, images)
        row = self._row(episode)
        pictures: dict[str, list[bytes]] = {}
        for key, rows in images.items():
            if self._as_video:
                row |= self._append_video(key, rows)
            else:
                pictures[key] = list(pngs(rows))
        chunk, file = self._data.append(frames | indices, pictures)
        row |= {"data/chunk_index": chunk, "data/file_index": file}
        self._episodes.append(row)
        self._stats.append(stats)
        self._ours.append({**to_attributes(episode.summary), CONTENT: content_digest(frames)})
        self._frames += len(episode)
        self._branches += len(episode.abandoned)
        self._finals += episode.final_observation is not None
        return len(episode)

    def close(self) -> None:
        """Complete the files, then write the metadata."""
        try:
            self._data.close()
        finally:
            for video in self._videos.values():
                video.close()
        if not self._episodes:
            return
        write_tasks(self._path / TASKS, list(self._tasks))
        place = EPISODES_PATH.format(chunk_index=0, file_index=0)
        write_episodes(self._path / place, self._episodes, self._stats)
        self._write_json(STATS, to_json(merged(self._stats)))
        self._write_json(INFO, self._info())
        config = self._config.to_json()
        self._write_json(OURS, {"workspace": config, "episodes": self._ours})

    def lost(self) -> list[str]:
        """What LeRobot cannot hold of the added episodes."""
        lost = []
        if self._as_video:
            lost.append("exact pixels: the video is compressed (`--images png` keeps them)")
        if self._finals:
            lost.append(
                f"the observation after the last action of {self._finals} episodes, and the "
                "simulator's state then"
            )
        if self._branches:
            lost.append(f"{self._branches} branches that rewinds cut off")
        return lost

    def _indices(self, episode: Episode) -> dict[str, NDArray[Any]]:
        """The index columns [T] of an episode; the timestamp is nominal."""
        steps = len(episode)
        task = self._tasks.setdefault(episode.summary.header.instruction, len(self._tasks))
        within = np.arange(steps)
        return {
            "timestamp": (within / self._config.control_hz).astype(np.float32),
            "frame_index": within,
            "episode_index": np.full(steps, len(self._episodes)),
            "index": within + self._frames,
            "task_index": np.full(steps, task),
        }

    def _row(self, episode: Episode) -> dict[str, Any]:
        """An episode's row of meta/episodes, without the places of its files."""
        return {
            "episode_index": len(self._episodes),
            "tasks": [episode.summary.header.instruction],
            "length": len(episode),
            "dataset_from_index": self._frames,
            "dataset_to_index": self._frames + len(episode),
            "meta/episodes/chunk_index": 0,
            "meta/episodes/file_index": 0,
        }

    def _append_video(self, key: str, images: NDArray[np.uint8]) -> dict[str, Any]:
        """Append a camera's frames to its video; return their place in it."""
        if key not in self._videos:
            self._videos[key] = VideoWriter(self._path, key, self._config.control_hz)
        chunk, file, start, stop = self._videos[key].add(images)
        return {
            f"videos/{key}/chunk_index": chunk,
            f"videos/{key}/file_index": file,
            f"videos/{key}/from_timestamp": start,
            f"videos/{key}/to_timestamp": stop,
        }

    def _describe(
        self, frames: Mapping[str, NDArray[Any]], images: Mapping[str, NDArray[np.uint8]]
    ) -> None:
        """Set the features of info.json from the first episode's columns."""
        found = {key: feature_of(key, rows, self._config.spec) for key, rows in frames.items()}
        kind = "video" if self._as_video else "image"
        axes = ["height", "width", "channels"]
        found |= {key: Feature(kind, rows.shape[1:], axes) for key, rows in images.items()}
        described = found | INDEX_FEATURES
        self._features = {key: feature.to_json() for key, feature in described.items()}

    def _info(self) -> dict[str, Any]:
        """Meta/info.json."""
        for key, video in self._videos.items():
            self._features[key]["info"] = video.info(self._config.image_size)
        return {
            "codebase_version": VERSION,
            "robot_type": ROBOT if self._config.spec == BUILT_IN else UNKNOWN_ROBOT,
            "total_episodes": len(self._episodes),
            "total_frames": self._frames,
            "total_tasks": len(self._tasks),
            "chunks_size": CHUNK_FILES,
            "data_files_size_in_mb": DATA_MB,
            "video_files_size_in_mb": VIDEO_MB,
            "fps": self._config.control_hz,
            "splits": {"train": f"0:{len(self._episodes)}"},
            "data_path": DATA_PATH,
            "video_path": VIDEO_PATH if self._as_video else None,
            "features": self._features,
        }

    def _write_json(self, name: str, value: object) -> None:
        """Write one of the files in meta/."""
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
        (self._path / name).write_text(text, encoding="utf-8")
