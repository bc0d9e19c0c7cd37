"""`foreign_workspace` makes the spec of a workspace for a robomimic file whose action is not ours.

robosuite's, MimicGen's and LIBERO's files come through here, each with the scale that its
controller has; where the file names none, the numbers have no meaning but their range.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import FormatError
from ...sim_envs.worlds.spec import Axis
from ..config import UNKNOWN_RENDERER, WorkspaceConfig
from .foreign_hdf5 import group_of, mapping, read_column
from .foreign_spec import (
    Taking,
    entries_of,
    nameless,
    ranged,
    require_other_spec,
    spec_for,
    taken,
)
from .import_options import ImportOptions
from .robosuite_axes import axes_of_controller


class RobomimicFile(Protocol):
    """What is known of the file."""

    path: Path
    options: ImportOptions
    env_args: dict[str, Any]
    lost: list[str]
    filled_in: list[str]

    @property
    def task(self) -> str:
        """Short name of the task."""
        ...

    def rate(self, given: object) -> int:
        """Control ticks a second."""
        ...


def foreign_workspace(file: RobomimicFile, demo: h5py.Group) -> tuple[Taking, WorkspaceConfig]:
    """How the file's episodes are taken, and the workspace that they make; by one of them."""
    options, kwargs = file.options, mapping(file.path, file.env_args, "env_kwargs")
    require_other_spec(options)
    observed = group_of(demo, "obs")
    shapes = {key: shape_of(observed, key) for key in observed}
    entries = entries_of(shapes, options, file.lost)
    axes = _axes(file, kwargs, demo)
    spec = spec_for(axes, entries, shapes, options)
    known = {
        "task": file.task,
        "renderer": str(kwargs.get("renderer") or UNKNOWN_RENDERER),
        "control_hz": file.rate(kwargs.get("control_freq")),
    }
    return taken(spec, axes, entries, shapes, options, **known)


def shape_of(group: h5py.Group, key: str) -> tuple[int, ...]:
    """The shape of one step of an entry; that of nothing usable for what is no dataset."""
    found = group.get(key)
    return tuple(found.shape[1:]) if isinstance(found, h5py.Dataset) else (0, 0)


def _axes(file: RobomimicFile, kwargs: Mapping[str, Any], demo: h5py.Group) -> tuple[Axis, ...]:
    size = int(np.prod(read_column(demo, "actions").shape[1:]))
    axes: tuple[Axis, ...] | None = file.options.axes or None
    if axes is None and file.options.into is not None:
        axes = file.options.into.action_axes
    if axes is None:
        axes = axes_of_controller(file.path, kwargs, size, file.filled_in)
    if axes is None:
        axes = nameless((), size)
        file.filled_in.append(
            "actions: env_args do not say what they do, named a0, a1 ...; --axes says it"
        )
    if len(axes) != size:
        raise FormatError(f"its action is {size} numbers; --axes or the workspace has {len(axes)}")
    if file.options.into is not None:  # whose ranges hold
        return axes
    return ranged(axes, *_range(demo.parent), file.filled_in)


def _range(data: h5py.Group) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the largest number of each axis over all demos that can be read."""
    ends = [(actions.min(0), actions.max(0)) for actions in _actions(data)]
    if not ends:
        raise FormatError("its actions leave [-1, 1], or are no finite numbers [T, A]")
    lows, highs = zip(*ends, strict=True)
    return np.min(lows, 0), np.max(highs, 0)


def _actions(data: h5py.Group) -> Iterator[NDArray[np.float64]]:
    size = None
    for name in data:
        try:
            actions = read_column(group_of(data, name), "actions").astype(np.float64)
        except FormatError:  # named when the demo is taken
            continue
        sound = actions.ndim == 2 and np.isfinite(actions).all()
        if sound and size in (None, actions.shape[1]):
            size = actions.shape[1]
            yield actions
