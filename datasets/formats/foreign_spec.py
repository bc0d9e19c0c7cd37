"""These functions say what another tool's numbers are, as the spec of the workspace to make.

Readers give them names, shapes and ranges; what had to be assumed is listed.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue, FormatError
from ...sim_envs.worlds.spec import MOST_NUMBERS, ActionSpec, Axis, Reading
from ..config import WorkspaceConfig, config_of
from ..recorded_spec import BUILT_IN, RecordedSpec
from ..schema import IMAGE_SUFFIX, OBS
from ..step_packing import LIMIT
from .import_options import Fit, ImportOptions, camera_name, fitted
from .imported_episode import renamed
from .value_types import narrowed

PICTURE_AXES = 3
ROBOT = re.compile(r"robot\d+_")
"""How robosuite's names of what the robot feels begin."""
STATE_OF_THE_WORLD = re.compile(r"object|environment_state|privileged", re.IGNORECASE)
LONGEST = 60
"""Letters of a name, see `spec.Name`."""


def clean(name: str) -> str:
    """A name as a spec may have it."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:LONGEST] or "_"


def require_other_spec(options: ImportOptions) -> None:
    """Raise FormatError where the workspace to fill is of the built-in arm."""
    if options.into is not None and options.into.spec == BUILT_IN:
        raise FormatError(
            "the workspace is of the built-in arm, whose actions and readings are fixed: "
            "--entries and --axes are for others"
        )


def entries_of(
    shapes: Mapping[str, tuple[int, ...]], options: ImportOptions, lost: list[str]
) -> dict[str, str]:
    """Our names of the pictures and readings to take, and the source's.

    `shapes` are those of one step, by the source's names; `lost` gets what is not taken.
    """
    if options.entries:
        if unknown := sorted(set(options.entries.values()) - set(shapes)):
            known = ", ".join(sorted(shapes))
            raise FormatError(f"it has no entry {', '.join(unknown)}; it has {known}")
        return dict(options.entries)
    pictures = {key for key, shape in shapes.items() if len(shape) == PICTURE_AXES}
    numbers = {key for key, shape in shapes.items() if key not in pictures and _is_vector(shape)}
    own = {key for key in numbers if ROBOT.match(key)} or {
        key for key in numbers if not STATE_OF_THE_WORLD.search(key)
    }
    found = {f"{clean(camera_name(key))}{IMAGE_SUFFIX}": key for key in sorted(pictures)}
    found |= {clean(renamed(key)): key for key in sorted(own) if key != "goal"}
    if "goal" in shapes:
        found["goal"] = "goal"
    for key in sorted(set(shapes) - set(found.values())):
        why = "not what the robot feels; --entries takes it" if key in numbers else "no place"
        lost.append(f"{key}: {why}")
    return found


def _is_vector(shape: Sequence[int]) -> bool:
    return len(shape) == 0 or (len(shape) == 1 and 1 <= shape[0] <= MOST_NUMBERS)


def spec_for(
    axes: Sequence[Axis],
    entries: Mapping[str, str],
    shapes: Mapping[str, tuple[int, ...]],
    options: ImportOptions,
) -> RecordedSpec:
    """The spec: that of the workspace or world that is filled, else of the axes and entries.

    FormatError where the source does not fit a spec that is given.
    """
    readings = tuple(
        Reading(name, int(np.prod(shapes[key], dtype=int)), meaning=f"{key} of the source"[:200])
        for name, key in entries.items()
        if not name.endswith(IMAGE_SUFFIX) and name != "goal"
    )
    if options.into is None:
        return RecordedSpec(_action(axes), readings)
    wanted, sizes = options.into.spec, {reading.name: reading.size for reading in readings}
    for reading in wanted.readings:
        if sizes.get(reading.name) != reading.size:
            found = ", ".join(f"{name}[{size}]" for name, size in sizes.items()) or "none"
            raise FormatError(
                f"the workspace has the reading {reading.name}[{reading.size}], the source "
                f"{found}; --entries says which is which"
            )
    if wanted.action.size != len(axes):
        raise FormatError(
            f"its action is {len(axes)} numbers, the workspace's {', '.join(wanted.action.names)}"
        )
    return wanted


def _action(axes: Sequence[Axis]) -> ActionSpec:
    try:
        return ActionSpec(tuple(axes))
    except BadValue as error:
        raise FormatError(str(error)) from None


def nameless(names: Iterable[object], size: int) -> tuple[Axis, ...]:
    """Axes of which only the names are known, or not even those."""
    given = [clean(str(name)) for name in names]
    if len(given) != size or len(set(given)) < size:
        given = [f"a{number}" for number in range(size)]
    return tuple(Axis(name, "grip" if "grip" in name else "other") for name in given)


def ranged(
    axes: Sequence[Axis],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    filled_in: list[str],
) -> tuple[Axis, ...]:
    """The axes, with the range of targets and of numbers without meaning that leave [-1, 1].

    `low` and `high` [A] are the least and largest numbers of the source. A number that may be a
    change keeps its 0.
    """
    found = []
    for axis, least, most in zip(axes, low.tolist(), high.tolist(), strict=True):
        if not np.isfinite([least, most]).all():
            raise FormatError(f"action {axis.name}: holds numbers that are not finite")
        within = max(abs(least), abs(most)) <= LIMIT
        given = (axis.low, axis.high) != (-1.0, 1.0)
        known = within or axis.kind in ("move", "turn", "joint")
        if given or (known and not axis.absolute):
            found.append(axis)
            continue
        if not axis.absolute:
            most = max(abs(least), abs(most))
            least = -most
        if least == most:
            least, most = least - 0.5, most + 0.5
        if axis.kind == "grip" and axis.absolute:  # a finger's opening: ours closes above 0
            least, most = most, least
        filled_in.append(
            f"action {axis.name}: {min(least, most):.4g} to {max(least, most):.4g} spread over "
            f"[-1, 1]; --axes sets another range"
        )
        found.append(replace(axis, low=least, high=most))
    return tuple(found)


def normalised(actions: NDArray[Any], action: ActionSpec) -> NDArray[np.float64]:
    """The source's actions [T, A] in [-1, 1]; a hair beyond a range is cut."""
    low, high = action.native_range
    found = -1.0 + 2.0 * (np.asarray(actions, np.float64) - low) / (high - low)
    plain = (low == -1.0) & (high == 1.0)
    found[:, plain] = np.asarray(actions, np.float64)[:, plain]
    near = np.abs(found) <= 1.0 + 1e-4
    return np.where(near, found.clip(-1.0, 1.0), found)


@dataclass(frozen=True)
class Taking:
    """How another tool's episodes fill a workspace of another spec than the built-in arm's."""

    spec: RecordedSpec
    native: ActionSpec
    """The axes with the source's own ranges."""
    entries: Mapping[str, str]
    side: int
    fit: Fit = ""

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras' names, sorted."""
        images = (name for name in self.entries if name.endswith(IMAGE_SUFFIX))
        return tuple(sorted(name.removesuffix(IMAGE_SUFFIX) for name in images))

    def columns(
        self, actions: NDArray[Any], read: Callable[[str], NDArray[Any]]
    ) -> dict[str, NDArray[Any]]:
        """An episode's actions and observations [T, ...]; `read` gives an entry of the source."""
        found: dict[str, NDArray[Any]] = {"actions": normalised(actions, self.native)}
        for name, key in self.entries.items():
            rows, path = read(key), OBS + name
            if name.endswith(IMAGE_SUFFIX):
                found[path] = pictures_of(path, rows, self.side, self.fit)
            else:
                found[path] = rows.reshape(len(rows), -1)
        return found


def taken(
    spec: RecordedSpec,
    axes: Sequence[Axis],
    entries: Mapping[str, str],
    shapes: Mapping[str, tuple[int, ...]],
    options: ImportOptions,
    **known: Any,
) -> tuple[Taking, WorkspaceConfig]:
    """How episodes are taken, and the workspace that they make; `known` are its other settings."""
    pictures = {name: shapes[key] for name, key in entries.items() if name.endswith(IMAGE_SUFFIX)}
    side = options.size_of({name: (s[0], s[1], s[2]) for name, s in pictures.items()})
    taking = Taking(spec, ActionSpec(tuple(axes)), entries, side, options.fit)
    if options.into is not None:
        return taking, options.into
    config = config_of({**known, "image_size": side, "cameras": list(taking.cameras)})
    return taking, replace(config, action_axes=spec.action.axes, readings=spec.readings)


def pictures_of(path: str, rows: NDArray[Any], side: int, fit: Fit) -> NDArray[Any]:
    """Pictures [T, H, W, 3] as [T, side, side, 3]; those that are so already as they are."""
    if rows.ndim != 4 or rows.shape[1:3] == (side, side):
        return rows
    change, whole = fitted(side, fit), narrowed(path, rows, "|u1")
    return np.stack([change(row) for row in whole])
