"""This module makes an `Episode` of another tool's columns, for the readers of each format.

Missing columns get default values and are listed in `filled_in`.
"""

import hashlib
import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import FormatError
from ...sim_envs.spaces import METRES_PER_UNIT, RADIANS_PER_UNIT
from ..episode import Episode
from ..recorded_spec import BUILT_IN, RecordedSpec
from ..schema import (
    FINAL_OBS,
    FINAL_STATE,
    IMAGE_SUFFIX,
    OBS,
    Column,
    Sizes,
    columns,
    is_image,
)
from ..step_packing import LIMIT
from ..summary import END_OF_TIME_S, NO_SEED, RecordedOutcome
from . import who_acted
from .imported_header import header_of
from .recorded_success import UNKNOWN, recorded_success
from .value_types import narrowed

ALIASES = {
    "robot0_joint_pos": "joint_pos",
    "robot0_eef_pos": "ee_pos",
    "robot0_eef_quat": "ee_quat",
    "robot0_gripper_qpos": "gripper_qpos",
}
"""robosuite's observation names: ours."""
FASTEST_HZ = 1000
DIGEST_BYTES = 8
"""Of an id's digest: among 100,000 episodes two clash with a probability of 3e-10."""
NO_STATES = "states: not recorded, taken as 0: these episodes are not compared or drawn again"
NEEDED = ("joint_pos", "ee_pos", "ee_quat", "gripper_qpos")
SQUARE = "ours are square: --fit crop or --fit scale makes them so, --image-size N sets their size"
OUR_ACTION = (
    f"7 numbers in [-1, 1]: a change of the end effector's pose of {METRES_PER_UNIT} m and "
    f"{RADIANS_PER_UNIT} rad a unit, and the gripper"
)


@dataclass
class ImportedEpisode:
    """One episode as another tool recorded it."""

    name: str
    """Its name in the source."""
    columns: dict[str, NDArray[Any]]
    """[T, ...] by the schema's keys, any subset that includes `actions` [T, A]."""
    task: str
    instruction: str
    success: bool | None = None
    """None when it is not recorded as such: then `recorded_success` looks at the steps."""
    env_args: Mapping[str, Any] = field(default_factory=dict)
    started: float = 0.0
    """time.time() at the start, s."""
    seed: int = NO_SEED
    """Of the scene; NO_SEED where it is not recorded."""
    spec: RecordedSpec = BUILT_IN
    """What its actions and readings mean; actions are in [-1, 1] already."""
    names: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """Of goals and stages, where the world that it is for has names; by the task else."""
    final_observation: Mapping[str, NDArray[Any]] | None = None
    """After the last action, by our names, without the axis T; None where it is not recorded."""


def check_action(actions: NDArray[Any], spec: RecordedSpec = BUILT_IN) -> None:
    """Raise FormatError unless actions have the shape [T, A] and lie in [-1, 1]."""
    names, shape = spec.action.names, actions.shape[1:]
    ours = OUR_ACTION if spec == BUILT_IN else f"{len(names)} numbers, {', '.join(names)}"
    if shape != (len(names),):
        raise FormatError(f"its action has the shape {list(shape)}; ours is {ours}")
    if not np.abs(actions).max(initial=0) <= LIMIT:
        raise FormatError(f"its actions leave [-1, 1]; ours is {ours}")


def renamed(name: str) -> str:
    """The schema's name of another tool's observation."""
    return ALIASES.get(name, name)


def image_size(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """The side of the images, pixels, by observation shapes; FormatError when not square."""
    sides = {shape[-3:] for name, shape in shapes.items() if is_image(name)}
    if not sides:
        raise FormatError("it has no camera image, which a workspace needs")
    if len(sides) != 1:
        raise FormatError(
            f"its images have the sizes {sorted(sides)}; ours one: --image-size N makes it"
        )
    height, width, channels = sides.pop()
    if height != width or channels != 3:
        raise FormatError(f"its images are {height} x {width} x {channels}, not RGB; {SQUARE}")
    return height


def whole_rate(given: object, name: str) -> int:
    """Control ticks a second; FormatError unless they are a whole number that can be."""
    if not isinstance(given, int | float) or not 1 <= given <= FASTEST_HZ or given % 1:
        raise FormatError(
            f"{name}: expected a whole number of Hz from 1 to {FASTEST_HZ}, got {str(given)[:60]}"
        )
    return int(given)


def check_observations(names: set[str], needed: Sequence[str] = NEEDED) -> None:
    """Raise FormatError when an observation that policies need is missing."""
    missing = [name for name in needed if name not in names]
    if missing:
        raise FormatError(f"it has no observation {', '.join(missing)}; it has {sorted(names)}")


def episode_of(imported: ImportedEpisode, hz: int, filled_in: list[str]) -> Episode:
    """Convert another tool's episode; assumed columns are added once to `filled_in`."""
    spec = imported.spec
    check_action(imported.columns["actions"], spec)
    seen = {key.removeprefix(OBS) for key in imported.columns if key.startswith(OBS)}
    check_observations(seen, [reading.name for reading in spec.readings])
    given = dict(imported.columns)
    success, unknown = recorded_success(given, imported.success)
    if unknown:
        _note(filled_in, UNKNOWN.format(unknown))
    who_acted.fill_in(given, filled_in)
    steps, (cameras, sizes) = len(given["actions"]), _sizes(given, spec, filled_in)
    rows: dict[str, NDArray[Any]] = {}
    for column in columns(cameras, spec.readings):
        if not column.source or (column.optional and column.key not in given):
            continue
        shape = (steps, *sizes.shape(column.shape))
        if column.key not in given:
            given[column.key] = _default(column, shape, imported, hz)
            _note(filled_in, _assumption(column))
        values = given[column.key]
        if values.shape == (*shape, 1):
            values = values.reshape(shape)
        if values.shape != shape:
            raise FormatError(f"{column.key}: expected {shape}, got {values.shape}")
        rows[column.key] = narrowed(column.key, values, column.dtype, filled_in)
    rows["succeeded"][-1] |= bool(success)
    outcome = RecordedOutcome(
        bool(success), True, float(rows["wall_time"][-1]), success_known=success is not None
    )
    started = float(rows["wall_time"][0])
    said = (imported.task, imported.instruction, imported.env_args)
    header = header_of(*said, started, rows, filled_in, imported.seed, imported.names)
    header = replace(header, spec=spec)
    final = _final(imported.final_observation, rows)
    return Episode.of_recording(_id(rows, imported.columns), header, outcome, rows, final)


def _sizes(
    given: dict[str, NDArray[Any]], spec: RecordedSpec, filled_in: list[str]
) -> tuple[tuple[str, ...], Sizes]:
    """Names of the cameras, and how large things are; a goal and states are filled in."""
    steps = len(given["actions"])
    goal = given.setdefault(f"{OBS}goal", np.ones((steps, 1), np.float32))
    if "states" not in given:
        _note(filled_in, NO_STATES)
    states = given.setdefault("states", np.zeros((steps, 1)))
    images = {name for name in given if is_image(name)}
    cameras = tuple(name.removeprefix(OBS).removesuffix(IMAGE_SUFFIX) for name in sorted(images))
    side = image_size({name: given[name].shape for name in images})
    goals, numbers = (math.prod(rows.shape[1:]) for rows in (goal, states))
    return cameras, Sizes(cameras, side, goals, numbers, spec.action.size, spec.readings)


def _final(
    observation: Mapping[str, NDArray[Any]] | None, rows: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]] | None:
    """Observation and state after the last action by the schema's keys; None without one.

    The state is the one before it: where another tool records observations alone, all are 0.
    """
    if observation is None:
        return None
    final = {FINAL_STATE: rows["states"][-1]}
    for key in (key for key in rows if key.startswith(OBS)):
        name = key.removeprefix(OBS)
        value = np.asarray(observation[name])[None] if name in observation else rows[key][-1:]
        final[FINAL_OBS + name] = narrowed(key, value, str(rows[key].dtype))[0]
    return final


def _default(
    column: Column, shape: tuple[int, ...], imported: ImportedEpisode, hz: int
) -> NDArray[Any]:
    """Default values of a column that the other tool does not have."""
    if column.key == "wall_time":
        return imported.started + np.arange(shape[0]) / hz
    return np.full(shape, np.nan) if column.nan else np.zeros(shape)


def _assumption(column: Column) -> str:
    """What `filled_in` says of a column that the other tool does not have."""
    if column.key == "wall_time":
        return "wall_time: not recorded, counted from the file's date on"
    return f"{column.key}: none" if column.nan else f"{column.key}: not recorded, taken as 0"


def _note(filled_in: list[str], line: str) -> None:
    """Add to `filled_in` what was assumed, once."""
    if line not in filled_in:
        filled_in.append(line)


def _id(rows: Mapping[str, NDArray[Any]], recorded: Container[str]) -> str:
    """An id made of what was recorded: the same episode gets the same id at every import.

    Wherever the file lies, whatever its date, and as which of its episodes. Pictures and judgements
    do not count: tools encode the first again and people change the second.
    """
    told = [key for key in sorted(rows) if key in recorded and not is_image(key)]
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for key in told:
        if key == "actions" or key == "states" or key.startswith(OBS):
            digest.update(key.encode() + rows[key].tobytes())
    started = float(rows["wall_time"][0]) if "wall_time" in recorded else 0.0
    moment = datetime.fromtimestamp(started if 0 <= started < END_OF_TIME_S else 0.0, UTC)
    return f"{moment:%Y%m%dT%H%M%S}-{digest.hexdigest()}"


def file_time(path: Path) -> float:
    """Modification time of a file, s; 0 for one that claims to be older than 1970."""
    return max(0.0, path.stat().st_mtime)
