"""`foreign_workspace` makes the spec of a workspace for a LeRobot dataset whose action is not ours.

SO-101's sets come through here: joints that are absolute targets in the robot's own units, whose
range becomes [-1, 1]; the names decide what each number is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import FormatError
from ....sim_envs.worlds.spec import Axis
from ...config import UNKNOWN_RENDERER, WorkspaceConfig
from ..foreign_spec import (
    Taking,
    entries_of,
    nameless,
    ranged,
    require_other_spec,
    spec_for,
    taken,
)
from ..import_options import ImportOptions
from ..imported_episode import whole_rate
from .files import read_json
from .layout import GOAL, IMAGES, INDEX_FEATURES, OBSERVATION, PAIRS, STATS
from .rows import EpisodeRows

PICTURES = ("video", "image")
NUMBERS = ("float32", "float64", "int32", "int64")
CHANNELS = 3
JOINT = (".pos", "_joint", "joint_")
"""Parts of the names of joints."""


class LeRobotSet(Protocol):
    """What is known of the dataset."""

    path: Path
    options: ImportOptions
    lost: list[str]
    filled_in: list[str]


def foreign_workspace(
    dataset: LeRobotSet, info: Mapping[str, Any], rows: EpisodeRows
) -> tuple[Taking, WorkspaceConfig]:
    """How the dataset's episodes are taken, and the workspace that they make."""
    options, features = dataset.options, info["features"]
    require_other_spec(options)
    shapes = {key: shape for key, f in features.items() if (shape := shape_of(key, f)) is not None}
    short = {key.removeprefix(IMAGES).removeprefix(OBSERVATION): key for key in shapes}
    entries = _entries(options, shapes, short, dataset.lost)
    axes = _axes(dataset, features, rows)
    spec = spec_for(axes, entries, shapes, options)
    known = {
        "task": options.task or "Imported",
        "renderer": UNKNOWN_RENDERER,
        "control_hz": whole_rate(info["fps"], "fps"),
    }
    return taken(spec, axes, entries, shapes, options, **known)


def shape_of(key: str, feature: Mapping[str, Any]) -> tuple[int, ...] | None:
    """The shape of one step of an observation, pictures [H, W, 3]; None for what is none."""
    shape, kind = tuple(feature["shape"]), feature["dtype"]
    if kind in PICTURES:
        if len(shape) == CHANNELS and shape[0] == CHANNELS and shape[2] != CHANNELS:
            shape = (shape[1], shape[2], shape[0])  # described with the channels first
        return shape if len(shape) == CHANNELS and shape[2] == CHANNELS else None
    known = {*PAIRS, *INDEX_FEATURES} - {GOAL}
    observed = key.startswith(OBSERVATION) and key not in known
    return shape if observed and kind in NUMBERS else None


def _entries(
    options: ImportOptions,
    shapes: Mapping[str, tuple[int, ...]],
    short: Mapping[str, str],
    lost: list[str],
) -> dict[str, str]:
    if options.entries:
        return entries_of(shapes, options, lost)
    found = entries_of({name: shapes[key] for name, key in short.items()}, options, lost)
    return {name: short[key] for name, key in found.items()}


def _axes(dataset: LeRobotSet, features: Mapping[str, Any], rows: EpisodeRows) -> tuple[Axis, ...]:
    action, options = features["action"], dataset.options
    size = int(np.prod(action["shape"]))
    axes: Sequence[Axis] = options.axes or ()
    if not axes and options.into is not None:
        axes = options.into.action_axes
    if not axes:
        measured = _names(features.get("observation.state", {}))
        axes = [_guessed(axis, measured) for axis in nameless(_names(action), size)]
    if len(axes) != size:
        raise FormatError(f"its action is {size} numbers; --axes or the workspace has {len(axes)}")
    if options.into is not None:  # whose ranges hold
        return tuple(axes)
    return ranged(axes, *_range(dataset.path, size, rows), dataset.filled_in)


def _guessed(axis: Axis, measured: Sequence[str]) -> Axis:
    """What a name says: a number that is measured under the same name is where it shall be."""
    joint = any(part in axis.name for part in JOINT)
    kind = axis.kind if axis.kind == "grip" or not joint else "joint"
    return replace(axis, kind=kind, absolute=axis.name in measured)


def _names(feature: Mapping[str, Any]) -> list[str]:
    """The names of a feature's numbers: a list, or lists by the name of what they are of."""
    names = feature.get("names") or []
    if isinstance(names, Mapping):
        lists = [part if isinstance(part, list) else [key] for key, part in names.items()]
        names = [name for part in lists for name in part]
    return [str(name) for name in names]


def _range(
    path: Path, size: int, rows: EpisodeRows
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the largest number of each axis, by the dataset's own statistics."""
    stats = read_json(path, STATS).get("action", {})
    ends = []
    for name in ("min", "max"):
        try:
            values = np.asarray(stats[name], np.float64).ravel()
        except (KeyError, TypeError, ValueError):
            raise FormatError(f"{path / STATS}: it has no {name} of the action") from None
        if values.shape != (size,):
            raise FormatError(f"{path / STATS}: {name} of the action: expected {size} numbers")
        ends.append(values)
    return ends[0], ends[1]
