"""Which numbers a keypoint policy's head reads, by name and by task."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import UnknownName
from ...sim_envs.making import describe_task
from .augmentation import Augmentation
from .features import Columns, GoalItem
from .next_object import NextObject

AUTO = "auto"
"""The layout that is made for the task."""
LAYOUTS = (GoalItem.name, NextObject.name)
"""Names of all layouts."""
EARLIER_NAMES = {"next-litter": NextObject.name, "next-garment": NextObject.name}
"""What saved policies may call them."""


class FeatureSet(Protocol):
    """From keypoints and the robot's own state to a short vector whose numbers have names."""

    @property
    def name(self) -> str:
        """As `LAYOUTS` knows it."""
        ...

    @property
    def augmentation(self) -> Augmentation | None:
        """What else may be done with these features; None where nothing may."""
        ...

    def names(self, cameras: tuple[str, ...]) -> tuple[str, ...]:
        """The name of each number."""
        ...

    def __call__(self, keypoints: NDArray[np.float32], columns: Columns) -> NDArray[np.float32]:
        """keypoints (N, cameras, K, 6) and observation columns to (N, F)."""
        ...


def feature_set(name: str, task: str) -> FeatureSet:
    """The layout of that name; of "auto", the one for the task's description."""
    name = EARLIER_NAMES.get(name, name)
    if name == AUTO:
        name = NextObject.name if _is_sorting(task) else GoalItem.name
    if name == GoalItem.name:
        return GoalItem()
    if name == NextObject.name:
        return NextObject(describe_task(task))
    raise UnknownName("feature layout", name, (AUTO, *LAYOUTS))


def _is_sorting(task: str) -> bool:
    """Whether a task's goal may name several objects; one without a description names one."""
    try:
        return describe_task(task).sorting is not None
    except UnknownName:
        return False
