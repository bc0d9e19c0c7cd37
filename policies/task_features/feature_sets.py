"""This module chooses the feature set, the numbers that a keypoint policy's head reads.

`KeypointVision` calls it with a name, or with "auto" and the task.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import UnknownName
from ...sim_envs.making import describe_task
from .augmentation import Augmentation
from .features import Columns, GoalItem
from .next_object import NextObject

AUTO = "auto"
"""Stands for the feature set that fits the task."""
LAYOUTS = (GoalItem.name, NextObject.name)
"""Names of all feature sets."""
EARLIER_NAMES = {"next-litter": NextObject.name, "next-garment": NextObject.name}
"""Former names, which stand in saved policies."""


class FeatureSet(Protocol):
    """A function from keypoints and the robot's state to a short vector of named numbers."""

    @property
    def name(self) -> str:
        """Its name, one of `LAYOUTS`."""
        ...

    @property
    def augmentation(self) -> Augmentation | None:
        """What the features' geometry allows; None if they are not in the end effector's frame."""
        ...

    def names(self, cameras: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the F features."""
        ...

    def __call__(self, keypoints: NDArray[np.float32], columns: Columns) -> NDArray[np.float32]:
        """keypoints (N, cameras, K, 6) and observation columns to (N, F)."""
        ...


def feature_set(name: str, task: str) -> FeatureSet:
    """The feature set of that name; for "auto" the one that fits the task's description."""
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
