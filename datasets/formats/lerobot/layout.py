"""This module defines the layout of a LeRobot v3 dataset and maps its features to our columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...episode import Episode
from ...recorded_spec import BUILT_IN, RecordedSpec
from ...schema import OBS, columns, is_image
from ...step import ActionMode, Driver
from ..who_acted import FLAGS
from .whole_columns import HAS, STATE_SIZE, recorded, whole

VERSION = "v3.0"
CHUNK_FILES = 1000
DATA_MB, VIDEO_MB = 100, 200
DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
EPISODES_PATH = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
INFO, STATS, TASKS = "meta/info.json", "meta/stats.json", "meta/tasks.parquet"
OURS = "meta/sidestick.json"
"""An extra file with the workspace and the episodes' attributes, which an import reads."""

OBSERVATION = "observation."
IMAGES = f"{OBSERVATION}images."
GOAL = "observation.environment_state"
"""LeRobot's policies take this key as an input: our goal vector."""
PREFIX = "sidestick."
"""Prefix of our own columns: LeRobot takes any key that begins with `action` for an action."""
OWN_COLUMNS = tuple(
    column
    for column in columns(())
    if not column.key.startswith(OBS)
    and column.key not in ("actions", "rewards", "dones", "succeeded")
)
"""Columns that keep their name behind the prefix."""


PAIRS: Mapping[str, str] = {
    GOAL: f"{OBS}goal",
    "next.reward": "rewards",
    "next.done": "dones",
    "next.success": "succeeded",
} | {PREFIX + key: key for key in (*(c.key for c in OWN_COLUMNS), *HAS.values(), STATE_SIZE)}
"""LeRobot's names of single columns: ours, and those of `whole_columns`."""
VECTORS = frozenset(PREFIX + column.key for column in OWN_COLUMNS if column.shape)
"""Our own columns that have a vector at each step."""


@dataclass(frozen=True)
class Feature:
    """One column of a LeRobot dataset."""

    dtype: str
    shape: tuple[int, ...]
    names: list[str] | None = None

    def to_json(self) -> dict[str, Any]:
        """The feature's entry in info.json."""
        return {"dtype": self.dtype, "shape": list(self.shape), "names": self.names}


INDEX_FEATURES = {
    "timestamp": Feature("float32", (1,)),
    "frame_index": Feature("int64", (1,)),
    "episode_index": Feature("int64", (1,)),
    "index": Feature("int64", (1,)),
    "task_index": Feature("int64", (1,)),
}
"""The index features that every LeRobot dataset has."""


def vectors(frames: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Columns as read, with those that are vectors [T, n] for us also where n is 1."""

    def is_vector(key: str) -> bool:
        return key == "action" or key.startswith(OBSERVATION) or key in VECTORS

    return {
        key: rows.reshape(len(rows), -1) if is_vector(key) else rows for key, rows in frames.items()
    }


def image_key(name: str) -> str:
    """LeRobot's name for a camera's images."""
    return IMAGES + name.removesuffix("_image")


def frame_columns(episode: Episode, state_size: int) -> dict[str, NDArray[Any]]:
    """All columns [T, ...] of an episode except images, by LeRobot's names.

    None holds NaN, and states have `state_size` numbers.
    """
    readings = [reading.name for reading in episode.summary.header.spec.readings]
    state = np.concatenate([episode.observations[name] for name in readings], axis=1)
    human = np.isin(episode.driver, (Driver.HUMAN, Driver.BLEND))
    demonstrated = episode.action_modes == ActionMode.DEMONSTRATION
    found: dict[str, NDArray[Any]] = {
        "action": episode.actions,
        "observation.state": state,
        GOAL: episode.observations["goal"],
        "next.reward": episode.rewards,
        "next.done": episode.dones.astype(bool),
        "next.success": episode.succeeded.astype(bool),
        "intervention": human & ~demonstrated,
    }
    own = whole({c.key: getattr(episode, c.key) for c in OWN_COLUMNS}, state_size)
    return found | {PREFIX + key: rows for key, rows in own.items()}


def our_columns(
    frames: Mapping[str, NDArray[Any]], spec: RecordedSpec = BUILT_IN
) -> dict[str, NDArray[Any]]:
    """The columns [T, ...] of `frame_columns` by our names; missing ones are left out.

    LeRobot's flag of interventions is read by `who_acted`.
    """
    found = {"actions": frames["action"]}
    state, at = frames["observation.state"], 0
    for reading in spec.readings:
        found[OBS + reading.name] = state[:, at : at + reading.size]
        at += reading.size
    return recorded(found | {ours: frames[key] for key, ours in PAIRS.items() if key in frames})


def state_names(spec: RecordedSpec = BUILT_IN) -> list[str]:
    """The names of what `observation.state` concatenates."""
    return [f"{reading.name}.{place}" for reading in spec.readings for place in range(reading.size)]


def feature_of(key: str, rows: NDArray[Any], spec: RecordedSpec = BUILT_IN) -> Feature:
    """The feature of a column [T, ...] of `frame_columns`."""
    actions = list(spec.action.names)
    names = {"action": actions, "observation.state": state_names(spec)}.get(key)
    if key == PREFIX + "human_actions" or key == PREFIX + "policy_actions":
        names = actions
    return Feature(rows.dtype.name, rows.shape[1:] or (1,), names)


def is_our_action(feature: Mapping[str, Any]) -> bool:
    """Whether a feature of info.json is the 7-d change of pose that we record."""
    ours = list(BUILT_IN.action.names)
    return list(feature["shape"]) == [len(ours)] and feature.get("names") == ours


def without_place(features: Iterable[str]) -> list[str]:
    """The features of a dataset that a workspace has no place for."""
    known = {"action", "observation.state", *PAIRS, *INDEX_FEATURES, *FLAGS}
    return [key for key in features if key not in known and not key.startswith(IMAGES)]


def cameras_in(features: Iterable[str]) -> list[str]:
    """The cameras among the features of info.json."""
    return [key.removeprefix(IMAGES) for key in features if key.startswith(IMAGES)]


def images_of(episode: Episode) -> dict[str, NDArray[np.uint8]]:
    """An episode's images, uint8[T, height, width, 3], by LeRobot's names."""
    return {image_key(name): rows for name, rows in episode.observations.items() if is_image(name)}
