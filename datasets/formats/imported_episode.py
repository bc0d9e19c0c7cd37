"""This module makes an `Episode` of another tool's columns, for the readers of each format.

Missing columns get default values and are listed in `filled_in`.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import FormatError
from ...sim_envs.spaces import ACTION_SIZE, METRES_PER_UNIT, RADIANS_PER_UNIT
from ..episode import Episode
from ..schema import OBS, Sizes, columns, is_image
from ..step import ActionMode, Driver, EpisodeHeader, Level
from ..step_packing import LIMIT
from ..summary import NO_SEED, RecordedOutcome

ALIASES = {
    "robot0_joint_pos": "joint_pos",
    "robot0_eef_pos": "ee_pos",
    "robot0_eef_quat": "ee_quat",
    "robot0_gripper_qpos": "gripper_qpos",
}
"""robosuite's observation names: ours."""
NEEDED = ("joint_pos", "ee_pos", "ee_quat", "gripper_qpos")
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
    """[T, ...] by the schema's keys, any subset that includes `actions` [T, 7]."""
    task: str
    instruction: str
    success: bool | None = None
    """None when it is not recorded: then `succeeded` or the last reward decides."""
    goal: str = ""
    env_args: Mapping[str, Any] = field(default_factory=dict)
    started: float = 0.0
    """time.time() at the start, s."""


def check_action(actions: NDArray[Any]) -> None:
    """Raise FormatError unless actions have the shape [T, 7] and lie in [-1, 1]."""
    shape = actions.shape[1:]
    if shape != (ACTION_SIZE,):
        raise FormatError(f"its action has the shape {list(shape)}; ours is {OUR_ACTION}")
    if not np.abs(actions).max(initial=0) <= LIMIT:
        raise FormatError(f"its actions leave [-1, 1]; ours is {OUR_ACTION}")


def renamed(name: str) -> str:
    """The schema's name of another tool's observation."""
    return ALIASES.get(name, name)


def image_size(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """The side of the images, pixels, by observation shapes; FormatError when not square."""
    sides = {shape[-3:] for name, shape in shapes.items() if is_image(name)}
    if not sides:
        raise FormatError("it has no camera image, which a workspace needs")
    if len(sides) != 1:
        raise FormatError(f"its images have the sizes {sorted(sides)}; ours have one size")
    height, width, channels = sides.pop()
    if height != width or channels != 3:
        raise FormatError(f"its images are {height} x {width} x {channels}; ours square, RGB")
    return height


def check_observations(names: set[str]) -> None:
    """Raise FormatError when an observation that policies need is missing."""
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise FormatError(f"it has no observation {', '.join(missing)}; it has {sorted(names)}")


def episode_of(imported: ImportedEpisode, hz: int, filled_in: list[str]) -> Episode:
    """Convert another tool's episode; assumed columns are added once to `filled_in`."""
    given = dict(imported.columns)
    check_action(given["actions"])
    steps = len(given["actions"])
    goal = given.setdefault(f"{OBS}goal", np.ones((steps, 1), np.float32))
    states = given.setdefault("states", np.zeros((steps, 1)))
    images = {name for name in given if is_image(name)}
    cameras = tuple(name.removeprefix(OBS).removesuffix("_image") for name in sorted(images))
    side = image_size({name: given[name].shape for name in images}) if images else 0
    sizes = Sizes(cameras, side, goal.shape[1], states.shape[1])
    rows: dict[str, NDArray[Any]] = {}
    for column in columns(cameras):
        if not column.source:
            continue
        shape = (steps, *sizes.shape(column.shape))
        if column.key not in given:
            given[column.key] = _default(column.key, shape, column.nan, imported, hz, given)
            _note(filled_in, column.key, column.nan)
        if given[column.key].shape != shape:
            raise FormatError(f"{column.key}: expected {shape}, got {given[column.key].shape}")
        rows[column.key] = np.ascontiguousarray(given[column.key], column.dtype)
    success = _success(imported, rows)
    rows["succeeded"][-1] |= success
    outcome = RecordedOutcome(success, True, float(rows["wall_time"][-1]))
    return Episode.of_recording(_id(imported, rows), _header(imported, sizes), outcome, rows)


def _default(
    key: str,
    shape: tuple[int, ...],
    nan: bool,
    imported: ImportedEpisode,
    hz: int,
    given: Mapping[str, NDArray[Any]],
) -> NDArray[Any]:
    """Default values of a column that the other tool does not have."""
    if key == "wall_time":
        return imported.started + np.arange(shape[0]) / hz
    if key == "human_actions" and "action_modes" not in given:
        return given["actions"]
    if nan:
        return np.full(shape, np.nan)
    modes = given.get("action_modes", np.full(shape[0], ActionMode.DEMONSTRATION))
    constants: dict[str, Any] = {
        "action_modes": ActionMode.DEMONSTRATION,
        "driver": np.where(modes == ActionMode.ROLLOUT, Driver.POLICY, Driver.HUMAN),
        "level": Level.DEMONSTRATE,
        "takeover_id": -1,
    }
    return np.broadcast_to(constants.get(key, 0), shape)


def _note(filled_in: list[str], key: str, nan: bool) -> None:
    """Add to `filled_in` what was assumed, once."""
    note = f"{key}: none" if nan else f"{key}: not recorded, taken as for a demonstration"
    if note not in filled_in:
        filled_in.append(note)


def _success(imported: ImportedEpisode, rows: Mapping[str, NDArray[Any]]) -> bool:
    """Whether an episode succeeded, from its flag, its steps or its last reward."""
    if imported.success is not None:
        return imported.success
    return bool(rows["succeeded"].any() or rows["rewards"][-1:].max(initial=0) > 0)


def _header(imported: ImportedEpisode, sizes: Sizes) -> EpisodeHeader:
    """The header of an imported episode."""
    goal = imported.goal or imported.instruction
    return EpisodeHeader(
        task=imported.task,
        instruction=imported.instruction,
        goal=goal,
        seed=NO_SEED,
        operator="imported",
        level=Level.DEMONSTRATE,
        stages=("whole",),
        goal_names=(goal,) if sizes.goals == 1 else tuple(map(str, range(sizes.goals))),
        env_args=imported.env_args,
        started=imported.started,
    )


def _id(imported: ImportedEpisode, rows: Mapping[str, NDArray[Any]]) -> str:
    """A reproducible id: the same episode gets the same id at every import."""
    moment = datetime.fromtimestamp(imported.started, UTC)
    digest = zlib.crc32(rows["actions"].tobytes(), zlib.crc32(imported.name.encode()))
    return f"{moment:%Y%m%dT%H%M%S}-{digest:08x}"


def file_time(path: Path) -> float:
    """Modification time of a file, s."""
    return path.stat().st_mtime
