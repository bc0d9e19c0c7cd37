"""`read_infos` takes from an episode's infos what a workspace has a column for.

They are our own columns [T], of an export, or what our environments tell at each observation
[T + 1]: success, stage, progress and instruction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ...summary import NO_SEED
from ..byte_rows import read_byte_rows
from ..foreign_hdf5 import group_of, read_column
from ..imported_header import stages_of
from .layout import INFOS, INFOS_GROUP, SEED

SUCCESS, STAGE, INSTRUCTION = ("success", "is_success"), "stage", "instruction"
NO_PLACE = "infos/{}: a workspace has no place for it"
UNKNOWN_STAGE = "infos/stage: not those of the task, left out"


@dataclass(frozen=True)
class EpisodeInfos:
    """What the infos of an episode say."""

    columns: dict[str, NDArray[Any]]
    """[T, ...] by the schema's keys."""
    seed: int = NO_SEED
    """Of the scene, where every step says the same."""
    instruction: str = ""
    """The sentence at the first observation; empty where there is none."""


def read_infos(
    group: h5py.Group, steps: int, task: str, note: Callable[[str], None]
) -> EpisodeInfos:
    """The infos of an episode of `steps` steps; `note` is told of each that has no place."""
    if INFOS_GROUP not in group:
        return EpisodeInfos({})
    infos = group_of(group, INFOS_GROUP)
    found: dict[str, NDArray[Any]] = {}
    instruction, seed = "", NO_SEED
    for key in infos:
        kind = getattr(infos.get(key), "dtype", np.dtype("O")).kind
        rows = len(infos[key]) if isinstance(infos.get(key), h5py.Dataset) else 0
        if key in INFOS and kind in "biuf" and rows == steps:
            found[key] = read_column(infos, key)
        elif key == SEED and kind in "iu" and rows == steps:
            seeds = np.unique(read_column(infos, key)).tolist()
            seed = seeds[0] if len(seeds) == 1 and 0 <= seeds[0] < 2**63 else NO_SEED
        elif key in SUCCESS and kind in "biu" and rows in (steps, steps + 1):
            found["succeeded"] = read_column(infos, key)[rows - steps :].astype(np.uint8)
        elif key == INSTRUCTION and kind in "OS" and rows:
            instruction = _text(read_byte_rows(infos, key)[0])
        elif key == STAGE and kind in "OS" and rows == steps + 1:
            found |= _stages(read_byte_rows(infos, key)[:steps], task, note)
        else:
            note(NO_PLACE.format(key))
    return EpisodeInfos(found, seed, instruction)


def _stages(
    rows: Sequence[bytes], task: str, note: Callable[[str], None]
) -> dict[str, NDArray[Any]]:
    """The number of the stage before each action [T], by its name."""
    known = {name: number for number, name in enumerate(stages_of(task))}
    names = [_text(row) for row in rows]
    if not known.keys() >= set(names):
        note(UNKNOWN_STAGE)
        return {}
    return {"stage": np.array([known[name] for name in names], np.int16)}


def _text(row: bytes) -> str:
    return row.decode("utf-8", "replace")
