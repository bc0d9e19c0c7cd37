"""This module writes LeRobot v3 datasets as SO-101's are, for tests of the import."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sidestick.datasets.formats.lerobot.layout import (
    DATA_PATH,
    EPISODES_PATH,
    INDEX_FEATURES,
    INFO,
    STATS,
    TASKS,
    VERSION,
    VIDEO_PATH,
)
from sidestick.datasets.formats.lerobot.stats import column_stats, merged, to_json
from sidestick.datasets.formats.lerobot.tables import DataFiles, write_episodes, write_tasks
from sidestick.datasets.formats.lerobot.video import pngs

JOINTS = tuple(
    f"{name}.pos"
    for name in (
        "shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll", "gripper",
    )
)  # fmt: skip


def so101_episode(seed: int, steps: int = 20) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Targets and positions [T, 6] in degrees, the gripper in percent; pictures [T, 24, 32, 3]."""
    rng = np.random.default_rng(seed)
    targets = np.array([10, -40, 60, 20, 0, 50]) + np.cumsum(rng.normal(0, 3, (steps, 6)), 0)
    targets[:, 5] = targets[:, 5].clip(2, 95)
    state = targets + rng.normal(0, 1, targets.shape)
    pictures = rng.integers(0, 256, (steps, 24, 32, 3), np.uint8)
    return targets.astype(np.float32), state.astype(np.float32), pictures


def write_so101(folder: Path, episodes: int = 2, fps: int = 30, **features: Any) -> Path:
    """A dataset of an SO-101 with one camera that is not square, PNG; `features` are changed."""
    data, rows, stats, start = DataFiles(folder), [], [], 0
    folder.mkdir(parents=True)
    for number in range(episodes):
        targets, state, pictures = so101_episode(number)
        steps = len(targets)
        columns: dict[str, NDArray[Any]] = {
            "action": targets,
            "observation.state": state,
            "observation.environment_state": np.ones((steps, 3), np.float32),
            "timestamp": (np.arange(steps) / fps).astype(np.float32),
            "frame_index": np.arange(steps),
            "episode_index": np.full(steps, number),
            "index": np.arange(steps) + start,
            "task_index": np.zeros(steps, np.int64),
        }
        data.append(columns, {"observation.images.top": list(pngs(pictures))})
        stats.append({key: column_stats(values) for key, values in columns.items()})
        rows.append(
            {
                "episode_index": number, "tasks": ["put the cube into the cup"], "length": steps,
                "dataset_from_index": start, "dataset_to_index": start + steps,
                "data/chunk_index": 0, "data/file_index": 0,
                "meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0,
            }
        )  # fmt: skip
        start += steps
    data.close()
    write_tasks(folder / TASKS, ["put the cube into the cup"])
    write_episodes(folder / EPISODES_PATH.format(chunk_index=0, file_index=0), rows, stats)
    (folder / STATS).write_text(json.dumps(to_json(merged(stats))))
    (folder / INFO).write_text(json.dumps(_info(episodes, start, fps, features)))
    return folder


def _info(episodes: int, frames: int, fps: int, changed: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {"dtype": "float32", "shape": [6], "names": list(JOINTS)}
    picture = {
        "dtype": "image", "shape": [24, 32, 3], "names": ["height", "width", "channels"],
    }  # fmt: skip
    features = {
        "action": numbers,
        "observation.state": numbers,
        "observation.environment_state": {"dtype": "float32", "shape": [3], "names": None},
        "observation.images.top": picture,
        **{key: feature.to_json() for key, feature in INDEX_FEATURES.items()},
    }
    return {
        "codebase_version": VERSION, "robot_type": "so101_follower", "fps": fps,
        "total_episodes": episodes, "total_frames": frames, "total_tasks": 1, "chunks_size": 1000,
        "splits": {"train": f"0:{episodes}"}, "data_path": DATA_PATH, "video_path": VIDEO_PATH,
        "features": {**features, **changed},
    }  # fmt: skip
