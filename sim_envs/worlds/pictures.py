"""`squared` makes a stranger's picture a square of the recorded size."""

from typing import Any, Literal

import numpy as np
from PIL import Image as Pillow

from ..errors import WorldFailed
from ..spaces import Image


def is_picture(value: Any) -> bool:
    """Whether a value is uint8[height, width, 3]."""
    return (
        isinstance(value, np.ndarray)
        and value.dtype == np.uint8
        and value.ndim == 3
        and value.shape[2] == 3
    )


def squared(camera: str, picture: Any, size: int, fit: Literal["crop", "scale"] = "crop") -> Image:
    """A camera's picture, cropped or scaled to a square; WorldFailed for what is no picture."""
    if not is_picture(picture):
        got = f"{getattr(picture, 'dtype', type(picture).__name__)}{list(np.shape(picture))}"
        raise WorldFailed(f"picture {camera}: expected uint8[height, width, 3], got {got}")
    if fit == "crop":
        side = min(picture.shape[:2])
        top, left = ((length - side) // 2 for length in picture.shape[:2])
        picture = picture[top : top + side, left : left + side]
    if picture.shape[:2] == (size, size):
        return np.array(picture, np.uint8)
    shown = Pillow.fromarray(np.ascontiguousarray(picture))
    return np.array(shown.resize((size, size), Pillow.Resampling.BOX), np.uint8)
