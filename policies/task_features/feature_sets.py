"""Which numbers a keypoint policy's head reads, by name and by task."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import UnknownName
from .features import Columns, GoalItem
from .next_object import CLOTHES, RECYCLING, NextThing

AUTO = "auto"
"""The layout that is made for the task."""


class Layout(Protocol):
    """From keypoints and the robot's own state to a short vector whose numbers have names."""

    @property
    def name(self) -> str:
        """As `LAYOUTS` knows it."""
        ...

    def names(self, cameras: tuple[str, ...]) -> tuple[str, ...]:
        """The name of each number."""
        ...

    def __call__(self, keypoints: NDArray[np.float32], columns: Columns) -> NDArray[np.float32]:
        """keypoints (N, cameras, K, 6) and observation columns to (N, F)."""
        ...


LITTER = NextThing("next-litter", "SortRecycling", RECYCLING)
GARMENT = NextThing("next-garment", "SortClothes", CLOTHES, hangs_m=0.07, rim_m=0.008, reach=1.45)
LAYOUTS: dict[str, Layout] = {item.name: item for item in (GoalItem(), LITTER, GARMENT)}
BY_TASK: dict[str, Layout] = {"ShelfPick": GoalItem(), LITTER.task: LITTER, GARMENT.task: GARMENT}


def layout(name: str, task: str) -> Layout:
    """The layout of that name; of "auto", the one for the task."""
    if name == AUTO:
        name = BY_TASK[task].name if task in BY_TASK else GoalItem.name
    if name not in LAYOUTS:
        raise UnknownName("feature layout", name, (AUTO, *LAYOUTS))
    return LAYOUTS[name]
