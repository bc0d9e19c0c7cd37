"""`RobomimicWriter` writes episodes into one robomimic file with masks, and next_obs on demand.

Sirius reads it as well: `action_modes` and `intv_labels` are columns of every recording.
"""

import json
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ..attributes import write_attributes
from ..config import WorkspaceConfig
from ..episode import Episode
from ..hdf5 import Content, write_columns, write_demo
from ..summary import ENV_ARGS, EpisodeSummary, to_attributes
from .safe_hdf5 import hdf5_file
from .transfer import ExportOptions

NEXT_OBS = "next_obs"
WORKSPACE = "sidestick_workspace"
"""Attribute of /data that holds the workspace's configuration for an import."""
MASKS = ("train", "valid", "success", "corrections")
"""The filter keys of an export, which are made of its episodes."""
IMAGES_PER_CHUNK = 1
"""robomimic draws single frames and short windows: a chunk of 16 is decoded whole for each."""
HELD_OUT = 0.1
"""Share of the episodes in the mask `valid`."""


class RobomimicWriter:
    """Writes episodes as demo_0, demo_1 ... compressed and checksummed, each image by itself."""

    def __init__(
        self, path: Path, config: WorkspaceConfig, options: ExportOptions, _: Sequence[Path] = ()
    ) -> None:
        self._config, self._options = config, options
        self._stack = ExitStack()
        self._file, self._check = self._stack.enter_context(hdf5_file(path))
        self._data = self._file.create_group("data")
        self._summaries: list[EpisodeSummary] = []
        self._broken_off = 0

    def add(self, episode: Episode) -> int:
        """Write an episode with its end, its branches and its attributes."""
        demo = self._data.create_group(f"demo_{len(self._summaries)}")
        attributes = to_attributes(episode.summary)
        whole = Content(attributes, episode.columns, episode.final, episode.abandoned)
        write_demo(demo, whole, IMAGES_PER_CHUNK)
        if self._options.next_obs:
            following = next_observations(episode)
            write_columns(demo.create_group(NEXT_OBS), following, IMAGES_PER_CHUNK)
            self._broken_off += episode.final_observation is None
        self._check()
        self._summaries.append(episode.summary)
        return len(episode)

    def close(self) -> None:
        """Write the masks and the file's attributes."""
        total = sum(summary.steps for summary in self._summaries)
        above = {"total": total, ENV_ARGS: json.dumps(self._config.env_args())}
        write_attributes(self._data, above | {WORKSPACE: json.dumps(self._config.to_json())})
        write_masks(self._file, self._summaries)
        self._stack.close()

    def lost(self) -> list[str]:
        """Nothing is lost; but a missing last observation is filled in and reported here."""
        if not self._broken_off:
            return []
        return [
            f"next_obs of the last step of {self._broken_off} episodes that broke off repeats "
            "its obs: the observation after it was not recorded"
        ]


def next_observations(episode: Episode) -> dict[str, NDArray[Any]]:
    """The observations after each action, by name, [T, ...]."""
    last = episode.final_observation or episode.observation(len(episode) - 1)
    return {
        name: np.concatenate([rows[1:], np.asarray(last[name])[None]])
        for name, rows in episode.observations.items()
    }


def write_masks(file: h5py.File, summaries: Sequence[EpisodeSummary]) -> None:
    """Write robomimic's filter keys: train and valid, success, corrections."""
    held_out = held_out_episodes([summary.id for summary in summaries])
    masks = {
        "train": [summary.id not in held_out for summary in summaries],
        "valid": [summary.id in held_out for summary in summaries],
        "success": [summary.success for summary in summaries],
        "corrections": [summary.takeovers > 0 for summary in summaries],
    }
    for name, members in masks.items():
        demos = [f"demo_{number}".encode() for number in np.flatnonzero(members)]
        file.create_dataset(f"mask/{name}", data=np.array(demos, "S16"))


def held_out_episodes(ids: Sequence[str]) -> set[str]:
    """A tenth of the episodes, chosen by a hash of their ids, so that more hardly change it."""
    count = max(1, round(HELD_OUT * len(ids))) if len(ids) > 1 else 0
    return set(sorted(ids, key=lambda name: zlib.crc32(name.encode()))[:count])
