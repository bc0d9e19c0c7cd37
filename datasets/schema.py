"""This module defines the episode schema: one table for writer, reader, checker and documentation.

Axes in this package's shapes: T steps of one episode, N steps of many, B windows of a batch,
H actions of a chunk, S numbers of the simulator's state, G goals; images are [height, width, 3].
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.worlds.arm_spec import ARM_ACTION, ARM_READINGS
from ..sim_envs.worlds.spec import Reading

FORMAT_VERSION = 1
"""Written into every file; a file of a later version is refused."""
CAMERA = "{camera}"
IMAGE_SUFFIX = "_image"
OBS = "obs/"
FINAL_OBS = "final_obs/"
FINAL_STATE = "final_state"

Shape: TypeAlias = tuple[int | str, ...]
Columns: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays by their keys in the file; one row per step."""


@dataclass(frozen=True)
class Column:
    """One dataset of an episode: its first axis is T, `shape` is that of one step."""

    key: str
    """Path below /data/demo_0; `{camera}` stands for each recorded camera."""
    dtype: str
    """numpy's name, little-endian."""
    shape: Shape
    """Shape of one step; H, W image size, G goals, S state size, A numbers of an action are filled
    in per episode."""
    unit: str
    """Physical unit, empty for none."""
    meaning: str
    """One sentence for the documentation."""
    source: str = ""
    """The Step's attribute that it holds; empty when made at conversion."""
    nan: bool = False
    """True when NaN means that there was none."""
    since: int = 1
    """The format version that introduced it."""
    optional: bool = False
    """True when a file has it only where one of its values is not NaN."""


@dataclass(frozen=True)
class Sizes:
    """The task-dependent sizes, which replace the letters of the table."""

    cameras: tuple[str, ...]
    image: int
    goals: int
    state: int
    actions: int = ARM_ACTION.size
    readings: tuple[Reading, ...] = ARM_READINGS

    def shape(self, shape: Shape) -> tuple[int, ...]:
        """`shape` with every letter replaced by its number."""
        numbers = {"H": self.image, "W": self.image, "G": self.goals, "S": self.state}
        numbers["A"] = self.actions
        return tuple(numbers[size] if isinstance(size, str) else size for size in shape)


_ACTION: Shape = ("A",)


def _reading(reading: Reading) -> Column:
    """The column of a reading of the body."""
    key, shape = f"{OBS}{reading.name}", (reading.size,)
    return Column(key, "<f4", shape, reading.unit, reading.meaning, "observation")


COLUMNS = (
    Column("obs/{camera}_image", "|u1", ("H", "W", 3), "RGB", "camera image", "observation"),
    *map(_reading, ARM_READINGS),
    Column(
        "obs/goal",
        "<f4",
        ("G",),
        "",
        "item to take: one-hot in ShelfPick, multi-hot in the sorting tasks",
        "observation",
    ),
    Column("actions", "<f4", _ACTION, "", "executed action, in [-1, 1]", "action"),
    Column("human_actions", "<f4", _ACTION, "", "the operator's action", "human_action", nan=True),
    Column("policy_actions", "<f4", _ACTION, "", "the policy's action", "policy_action", nan=True),
    Column("rewards", "<f4", (), "", "reward of the action", "reward"),
    Column("dones", "<i8", (), "", "1 where the episode ends, always on the last step", "done"),
    Column("succeeded", "|u1", (), "", "1 where the task was solved", "success"),
    Column("states", "<f8", ("S",), "", "simulator state before the action", "state"),
    Column("driver", "|u1", (), "", "0 policy, 1 human, 2 blend, 3 nobody", "driver"),
    Column("level", "|u1", (), "", "0 demonstrate ... 5 autonomous", "level"),
    Column(
        "action_modes", "<i8", (), "", "-1 demonstration, 0 rollout, 1 intervention", "action_mode"
    ),
    Column("intv_labels", "<i8", (), "", "action_modes, and -10 before an intervention"),
    Column("novelty", "<f4", (), "", "the policy's novelty score", "novelty", nan=True),
    Column("stage", "<i2", (), "", "index into the attribute stages", "stage"),
    Column("reseat", "|u1", (), "", "1 where the target was re-seated before the step", "reseat"),
    Column("takeover_id", "<i4", (), "", "which takeover, -1 for none", "takeover_id"),
    Column("wall_time", "<f8", (), "s", "clock time at the start of the tick", "wall_time"),
    Column("late_ms", "<f4", (), "ms", "how late the tick began", "late_ms"),
    Column(
        "round_trip_ms",
        "<f4",
        (),
        "ms",
        "from a picture to the input of the person who saw it, where a browser drove",
        "round_trip_ms",
        nan=True,
        optional=True,
    ),
)
"""Every dataset of an episode that has one row per step; the readings are the built-in arm's."""
BODY = frozenset(f"{OBS}{reading.name}" for reading in ARM_READINGS)
OPTIONAL = tuple(column for column in COLUMNS if column.optional)
"""The columns that a file may lack; each has one number a step."""


def columns(
    cameras: Iterable[str], readings: tuple[Reading, ...] = ARM_READINGS
) -> Iterator[Column]:
    """Yield the table with one image column per camera, and the readings of a world."""
    names = tuple(cameras)
    for column in COLUMNS:
        if CAMERA in column.key:
            for camera in names:
                yield replace(column, key=column.key.replace(CAMERA, camera))
            yield from map(_reading, readings)
        elif column.key not in BODY:
            yield column


def step_dtype(sizes: Sizes) -> np.dtype[np.void]:
    """The layout of one step in the journal: every column with a source."""
    return np.dtype(
        [
            (column.key, column.dtype, sizes.shape(column.shape))
            for column in columns(sizes.cameras, sizes.readings)
            if column.source
        ]
    )


def final_dtype(sizes: Sizes) -> np.dtype[np.void]:
    """The layout of the observation and state after the last action."""
    fields: list[tuple[str, str, tuple[int, ...]]] = []
    for column in columns(sizes.cameras, sizes.readings):
        if column.key.startswith(OBS):
            key = FINAL_OBS + column.key.removeprefix(OBS)
            fields.append((key, column.dtype, sizes.shape(column.shape)))
        elif column.key == "states":
            fields.append((FINAL_STATE, column.dtype, sizes.shape(column.shape)))
    return np.dtype(fields)


def whole(rows: Columns) -> dict[str, NDArray[Any]]:
    """The columns [T, ...] of an episode, with NaN for the optional ones that it lacks."""
    steps = len(rows["actions"])
    missing = (column for column in OPTIONAL if column.key not in rows)
    return {**rows, **{c.key: np.full(steps, np.nan, np.dtype(c.dtype)) for c in missing}}


def stored(rows: Columns) -> dict[str, NDArray[Any]]:
    """The columns [T, ...] that a file gets: the optional ones only where they say something."""
    empty = [c.key for c in OPTIONAL if c.key in rows and np.isnan(rows[c.key]).all()]
    return {key: values for key, values in rows.items() if key not in empty}


def is_image(key: str) -> bool:
    """Whether an observation or column key names camera images."""
    return key.endswith(IMAGE_SUFFIX)


def markdown_table() -> str:
    """The table as Markdown, for docs/data.md."""
    rows = ["| dataset | type | one step | unit | meaning | since |", "|---|---|---|---|---|---|"]
    for column in COLUMNS:
        shape = ", ".join(str(ARM_ACTION.size if n == "A" else n) for n in column.shape)
        meaning = column.meaning + ("; NaN for none" if column.nan else "")
        meaning += ", and left out where all are" if column.optional else ""
        name = np.dtype(column.dtype).name
        rows.append(
            f"| `{column.key}` | {name} | ({shape}) | {column.unit} | {meaning} | {column.since} |"
        )
    return "\n".join(rows)
