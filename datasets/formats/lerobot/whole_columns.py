"""This module makes columns that other programs keep as they are: without NaN, of one length.

LeRobot's tools go through pandas, which turns NaN into null; and a column has one length in a whole
dataset, while the simulator's state has another one in each episode of SortClothes.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....sim_envs.errors import DamagedFile, FormatError
from ...hdf5 import state_size
from ...schema import Columns, columns

HAS: Mapping[str, str] = {
    column.key: "has_" + column.key.replace("actions", "action")
    for column in columns(())
    if column.nan
}
"""Columns in which NaN means that there was none: the name of the flag that says so."""
STATES, STATE_SIZE = "states", "state_size"
BLOCK = 150
"""States are padded to a multiple of it. LeRobot merges only datasets of one length, and with this
each variant of SortClothes has one: 151 to 242 numbers, 307 to 424, or 489 to 580."""


def padded_size(episodes: Iterable[Path]) -> int:
    """The length of all states of a dataset of these files; damaged ones do not count."""
    longest = 1
    for path in episodes:
        with suppress(DamagedFile):
            longest = max(longest, state_size(path))
    return -(-longest // BLOCK) * BLOCK


def whole(rows: Columns, size: int) -> dict[str, NDArray[Any]]:
    """Our columns [T, ...] with 0 where there was none, and states padded to [T, `size`]."""
    found = dict(rows)
    for key, name in HAS.items():
        values = rows[key]
        given = np.asarray(~np.isnan(values.reshape(len(values), -1)).any(axis=1))
        found[key], found[name] = _where(given, values, 0), given
    length = rows[STATES].shape[1]
    found[STATES] = np.pad(rows[STATES], ((0, 0), (0, size - length)))
    found[STATE_SIZE] = np.full(len(rows[STATES]), length)
    return found


def recorded(found: Columns) -> dict[str, NDArray[Any]]:
    """The columns [T, ...] that `whole` was given; those without a flag stay as they are.

    FormatError for a length of the states that they do not have.
    """
    rows = {key: value for key, value in found.items() if key not in (*HAS.values(), STATE_SIZE)}
    for key, name in HAS.items():
        if key in rows and name in found:
            given = np.asarray(found[name]).reshape(len(rows[key]), -1)[:, 0].astype(bool)
            rows[key] = _where(given, rows[key], np.nan)
    if STATES in rows and STATE_SIZE in found:
        lengths, padded = np.unique(found[STATE_SIZE]), rows[STATES].shape[1]
        if len(lengths) != 1 or not 1 <= lengths[0] <= padded:
            raise FormatError(
                f"{STATE_SIZE}: expected one of 1 to {padded} in each episode, got {lengths[:5]}"
            )
        rows[STATES] = rows[STATES][:, : int(lengths[0])]
    return rows


def _where(given: NDArray[np.bool_], values: NDArray[Any], otherwise: float) -> NDArray[Any]:
    """The values [T, ...] of the steps that have one, and `otherwise` at all others."""
    mask = given.reshape(-1, *[1] * (values.ndim - 1))
    return np.where(mask, values, values.dtype.type(otherwise))
