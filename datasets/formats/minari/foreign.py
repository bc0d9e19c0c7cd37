"""`ForeignSet` makes the spec of a workspace for a Minari dataset of another environment than ours.

What a collector stores says of an action its range alone: the numbers are named a0, a1 ... unless
the options or the world to fill say more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import BadValue, FormatError
from ....sim_envs.free_memory import free_memory
from ....sim_envs.spaces import CONTROL_HZ
from ....sim_envs.worlds.spec import Axis
from ...cache import SHARE
from ...config import UNKNOWN_RENDERER
from ...files.decoding import parsed_json
from ..byte_rows import read_byte_rows
from ..foreign_hdf5 import group_of, read_column, require_own_dataset
from ..foreign_spec import entries_of, nameless, ranged, require_other_spec, spec_for, taken
from ..import_options import ImportOptions
from ..jpeg import jpeg_pixels, jpeg_size
from .files import EnvironmentSpec, Metadata, wrapper_names
from .layout import OBSERVATIONS

RATE = f"control_hz: not recorded, taken as {CONTROL_HZ} Hz; --env knows it of a world"
MEANING = "actions: nothing says what they do, named a0, a1 ...; --axes says it"
JPEG = "O"
"""Kind of the rows that hold files."""
PLAIN = "observation"
"""What observations are called that have no names of their own."""
MOST_DEPTH = 4


class MinariSet(Protocol):
    """What is known of the dataset."""

    path: Path
    lost: list[str]
    filled_in: list[str]


@dataclass
class Box:
    """The range of an action, as Gymnasium writes its space; infinite where it is not stated."""

    low: NDArray[np.float64] = field(default_factory=lambda: np.array(-np.inf))
    high: NDArray[np.float64] = field(default_factory=lambda: np.array(np.inf))

    @classmethod
    def of(cls, space: object) -> "Box":
        """The range in a space's JSON; FormatError for a space that is no box of numbers."""
        try:
            said = parsed_json(space, "action_space") if isinstance(space, str) else space
            if said is None:
                return cls()
            if not isinstance(said, Mapping) or said.get("type") != "Box":
                kind = said.get("type") if isinstance(said, Mapping) else type(said).__name__
                raise FormatError(f"its action is a {str(kind)[:40]}; ours is a Box of numbers")
            ends = (np.asarray(said.get(end), np.float64) for end in ("low", "high"))
            return cls(*ends)
        except (BadValue, TypeError, ValueError) as error:
            raise FormatError(f"action_space: {error}") from None


class ForeignSet:
    """How the episodes of a dataset are taken, and the workspace that they make."""

    def __init__(
        self,
        dataset: MinariSet,
        options: ImportOptions,
        metadata: Metadata,
        spec: EnvironmentSpec | None,
        first: h5py.Group,
    ) -> None:
        require_other_spec(options)
        self._lost, names = dataset.lost, list[str]()
        entries = _entries(first)
        shapes = {key: _shape(first, path) for key, path in entries.items()}
        chosen = entries_of(shapes, options, dataset.lost)
        axes = _axes(dataset, options, metadata, first)
        if spec is not None:
            names = wrapper_names(spec)
            dataset.lost += [f"the wrappers of its environment, {', '.join(names)}"] * bool(names)
        known = {
            "task": options.task or _task(spec),
            "renderer": UNKNOWN_RENDERER,
            "control_hz": CONTROL_HZ,
        }
        if options.into is None:
            dataset.filled_in.append(RATE)
        recorded = spec_for(axes, chosen, shapes, options)
        self.taking, self.config = taken(recorded, axes, chosen, shapes, options, **known)
        self._places = entries

    def columns(self, group: h5py.Group, actions: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """An episode's actions and observations [T, ...] by our keys."""
        steps = len(actions)

        def read(key: str) -> NDArray[Any]:
            rows = self._rows(group, self._places[key])
            if len(rows) not in (steps, steps + 1):
                raise FormatError(f"{key}: expected {steps} or {steps + 1} rows, got {len(rows)}")
            return rows[:steps]

        return self.taking.columns(actions.reshape(steps, -1), read)

    def _rows(self, group: h5py.Group, path: str) -> NDArray[Any]:
        """An entry's rows; pictures that are JPEG files decoded."""
        parent, name = _parent(group, path)
        if require_own_dataset(parent, name).dtype.kind != JPEG:
            return read_column(parent, name)
        files = read_byte_rows(parent, name)
        height, width = jpeg_size(files[0])
        if height * width * 3 * len(files) > SHARE * free_memory():
            raise FormatError(f"{path}: more pictures than fit half of the free memory")
        note = "exact pixels: they came through JPEG"
        self._lost += [note] if note not in self._lost else []
        return np.stack([jpeg_pixels(data, height, width) for data in files])


def _entries(episode: h5py.Group) -> dict[str, str]:
    """The observations' names and where each lies, nested ones with their path as a name."""
    if isinstance(episode.get(OBSERVATIONS), h5py.Dataset):
        return {PLAIN: OBSERVATIONS}
    found: dict[str, str] = {}

    def look(group: h5py.Group, path: str, depth: int) -> None:
        for key in group:
            inside, place = group.get(key), f"{path}/{key}"
            if isinstance(inside, h5py.Group) and depth < MOST_DEPTH:
                look(inside, place, depth + 1)
            elif isinstance(inside, h5py.Dataset):
                found[place.removeprefix(f"{OBSERVATIONS}/").replace("/", ".")] = place

    look(group_of(episode, OBSERVATIONS), OBSERVATIONS, 0)
    return found


def _parent(episode: h5py.Group, path: str) -> tuple[h5py.Group, str]:
    *groups, name = path.split("/")
    for group in groups:
        episode = group_of(episode, group)
    return episode, name


def _shape(episode: h5py.Group, path: str) -> tuple[int, ...]:
    """The shape of one step of an entry."""
    parent, name = _parent(episode, path)
    dataset = require_own_dataset(parent, name)
    if dataset.dtype.kind != JPEG or h5py.check_string_dtype(dataset.dtype) is not None:
        return tuple(dataset.shape[1:]) if dataset.dtype.kind in "biuf" else (0, 0)
    return (*jpeg_size(read_byte_rows(parent, name)[0]), 3)


def _axes(
    dataset: MinariSet, options: ImportOptions, metadata: Metadata, first: h5py.Group
) -> tuple[Axis, ...]:
    box, size = Box.of(metadata.action_space), int(np.prod(read_column(first, "actions").shape[1:]))
    axes: tuple[Axis, ...] = options.axes or ()
    if not axes and options.into is not None:
        axes = options.into.action_axes
    if not axes:
        axes = tuple(replace(axis, kind="other") for axis in nameless((), size))
        dataset.filled_in.append(MEANING)
    if len(axes) != size:
        raise FormatError(f"its action is {size} numbers; --axes or the workspace has {len(axes)}")
    if options.into is not None:  # whose ranges hold
        return axes
    low, high = (np.broadcast_to(end.ravel(), size) for end in (box.low, box.high))
    stated = [
        replace(axis, low=float(least), high=float(most))
        if np.isfinite([least, most]).all() and (axis.low, axis.high) == (-1.0, 1.0)
        else axis
        for axis, least, most in zip(axes, low, high, strict=True)
    ]
    return ranged(stated, *_range(first.parent, size), dataset.filled_in)


def _range(data: h5py.Group, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the largest number of each axis over all episodes that can be read."""
    ends = []
    for name in data:
        if isinstance(data.get(name), h5py.Group):
            try:
                actions = read_column(data[name], "actions").astype(np.float64)
            except FormatError:  # named when the episode is taken
                continue
            if actions.size and actions[0].size == size and np.isfinite(actions).all():
                flat = actions.reshape(len(actions), -1)
                ends.append((flat.min(0), flat.max(0)))
    if not ends:
        raise FormatError("its actions are no finite numbers [T, A]")
    lows, highs = zip(*ends, strict=True)
    return np.min(lows, 0), np.max(highs, 0)


def _task(spec: EnvironmentSpec | None) -> str:
    name = "" if spec is None else spec.id.rpartition("/")[2].rpartition(":")[2]
    return re.sub(r"-v\d+$", "", name) or "Imported"
