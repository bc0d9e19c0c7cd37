"""`ImportOptions` say how another tool's data is taken, where the data alone does not say it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...sim_envs.errors import FormatError
from ...sim_envs.worlds.spec import Axis
from ..config import WorkspaceConfig
from ..recorded_spec import BUILT_IN
from ..schema import IMAGE_SUFFIX
from .imported_episode import SQUARE, image_size

Fit = Literal["", "crop", "scale"]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class ImportOptions:
    """How to take a dataset."""

    task: str | None = None
    """Short name of the task; that of the source unless given."""
    fit: Fit = ""
    """How pictures that are not square become so; refused unless given."""
    image_size: int | None = None
    """Height and width of the recorded pictures, pixels; those of the source unless given."""
    entries: Mapping[str, str] = field(default_factory=dict)
    """Our names of pictures (`<camera>_image`) and readings, and the source's: no others are taken.
    Unless given, all pictures, and what the robot itself feels."""
    axes: tuple[Axis, ...] = ()
    """What each number of an action means, with its range; by the source unless given."""
    into: WorkspaceConfig | None = None
    """The workspace that exists already, or that of the world: its spec is the one to fill."""

    @property
    def fits(self) -> bool:
        """Whether pictures are changed."""
        return bool(self.fit or self.image_size)

    @property
    def is_plain(self) -> bool:
        """Whether what is taken, and what it means, is left to the source and the built-in arm."""
        own = self.into is None or self.into.spec == BUILT_IN
        return own and not (self.entries or self.axes)

    def size_of(self, shapes: Mapping[str, tuple[int, ...]]) -> int:
        """The side of the recorded pictures, by the shapes [H, W, 3] of the source's.

        FormatError where they are of several sizes, or not square, and no option says what to do.
        """
        side = self.image_size if self.into is None else self.into.image_size
        if not shapes or not (side or self.fit):
            return image_size(shapes)
        for name, (height, width, _) in shapes.items():
            if height != width and not self.fit:
                raise FormatError(f"{name}: {height} x {width}; {SQUARE}")
        return side or min(min(shape[:2]) for shape in shapes.values())


AS_IT_IS = ImportOptions()


def fitted(side: int, fit: Fit) -> Callable[[Pixels], Pixels]:
    """A function that makes a picture [H, W, 3] one of [side, side, 3]."""

    def change(picture: Pixels) -> Pixels:
        height, width = picture.shape[:2]
        if height != width and not fit:
            raise FormatError(f"its pictures are {height} x {width}; {SQUARE}")
        if fit == "crop":
            least = min(height, width)
            top, left = (height - least) // 2, (width - least) // 2
            picture = picture[top : top + least, left : left + least]
        if picture.shape[:2] == (side, side):
            return np.ascontiguousarray(picture)
        shown = Image.fromarray(np.ascontiguousarray(picture))
        return np.asarray(shown.resize((side, side), Image.Resampling.BOX), np.uint8)

    return change


def camera_name(key: str) -> str:
    """A camera's name, by the name of its pictures in another tool."""
    for ending in (IMAGE_SUFFIX, "_rgb"):
        key = key.removesuffix(ending)
    return key
