"""This module chooses the feature set, the numbers that a keypoint policy's head reads.

`KeypointVision` calls it with a name, or with "auto" and the task.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.errors import BadValue, UnknownName
from ...sim_envs.making import describe_task
from .augmentation import Augmentation
from .features import Columns, GoalItem
from .pointed_object import PointedObject
from .triangulation import StereoRig

AUTO = "auto"
"""Stands for the feature set that fits the task."""
LAYOUTS = (GoalItem.name, PointedObject.name)
"""Names of all feature sets."""
WRITTEN_RULES = ("next-garment", "next-litter", "next-object")
"""Names in policies of earlier versions, whose next object was chosen by rules of the task."""


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
    if name in WRITTEN_RULES:
        learnt = "one that is learnt; make it anew by `sidestick train`"
        raise BadValue("feature layout", learnt, f"{name!r}, the rules of an earlier version")
    if name == AUTO:
        name = PointedObject.name if names_several(task) else GoalItem.name
    if name == GoalItem.name:
        return GoalItem()
    if name == PointedObject.name:
        about = describe_task(task)
        return PointedObject(tuple(about.labels[1:-1]), StereoRig.of(about).wrist)
    raise UnknownName("feature layout", name, (AUTO, *LAYOUTS))


def names_several(task: str) -> bool:
    """Whether a task's goal may name several objects; one without a description names one."""
    try:
        return describe_task(task).names_several
    except UnknownName:
        return False
