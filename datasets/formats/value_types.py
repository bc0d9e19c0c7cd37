"""`narrowed` gives another tool's values our types; what a type cannot hold is refused, not cut.

numpy casts in silence: a picture of floats in [0, 1] becomes black, 300 becomes 44 in one byte, and
NaN a number. So every cast of a column that another program wrote passes here.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import FormatError
from ..schema import is_image

BRIGHTEST = 255


def narrowed(
    key: str, values: NDArray[Any], dtype: str, filled_in: list[str] | None = None
) -> NDArray[Any]:
    """The values [T, ...] of a column in the schema's type; FormatError where that cannot hold one.

    Pictures of floats in [0, 1] are scaled to [0, 255], which is added once to `filled_in`.
    """
    rows, kind = np.asarray(values), np.dtype(dtype)
    if rows.dtype.kind not in "biuf":
        raise FormatError(f"{key}: expected numbers, got {rows.dtype}")
    if is_image(key):
        rows = _pixels(key, rows, filled_in)
    elif kind.kind in "iu":
        _require_whole(key, rows, kind)
    elif rows.dtype.kind == "f" and rows.dtype.itemsize > kind.itemsize:
        largest = np.abs(rows[np.isfinite(rows)]).max(initial=0)
        if largest > np.finfo(kind).max:
            raise FormatError(f"{key}: holds {largest:g}, larger than {kind.name} can")
    return np.ascontiguousarray(rows, kind)


def _require_whole(key: str, rows: NDArray[Any], kind: np.dtype[Any]) -> None:
    """Raise FormatError unless all values are whole numbers that an integer type holds."""
    limits = np.iinfo(kind)
    if rows.dtype.kind == "f" and not np.isfinite(rows).all():
        raise FormatError(f"{key}: expected whole numbers, got values that are not finite")
    if not rows.size:
        return
    low, high = rows.min(), rows.max()
    if low < limits.min or high > limits.max:
        strange = low if low < limits.min else high
        raise FormatError(f"{key}: expected {limits.min} to {limits.max}, got {strange}")
    if rows.dtype.kind == "f" and (rows != np.floor(rows)).any():
        raise FormatError(f"{key}: expected whole numbers, got {rows[rows != np.floor(rows)][0]}")


def _pixels(key: str, rows: NDArray[Any], filled_in: list[str] | None) -> NDArray[Any]:
    """Pictures in [0, 255]; FormatError for a range whose black and white are not known."""
    if rows.dtype == np.uint8 or not rows.size:
        return rows
    if rows.dtype.kind == "b" or not np.isfinite(rows).all():
        raise FormatError(f"{key}: expected pictures of bytes, got {rows.dtype}, not all finite")
    low, high = rows.min(), rows.max()
    if rows.dtype.kind == "f" and low >= 0 and high <= 1:
        note = f"{key}: floats in [0, 1], taken as 255 times their value"
        if filled_in is not None and note not in filled_in:
            filled_in.append(note)
        scaled: NDArray[Any] = np.rint(rows * BRIGHTEST)
        return scaled
    whole = rows.dtype.kind != "f" or (rows == np.floor(rows)).all()
    if low < 0 or high > BRIGHTEST or not whole:
        raise FormatError(
            f"{key}: expected pictures of bytes or of floats in [0, 1], got {rows.dtype} from "
            f"{low} to {high}; what is black and what is white is not known"
        )
    return rows
