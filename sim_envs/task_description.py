"""This module describes a task without a world: its objects, where they belong, its cameras.

describe_task() gives a TaskDescription to policies.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .cameras import Camera
from .furniture import Bin


@dataclass(frozen=True)
class ObjectClass:
    """One class of objects that the task moves."""

    label: str
    """Its name in labelled pictures, one of the task's `labels`."""
    goal: int
    """Index of the one of the task's `goal_names` that asks for it."""
    container: Bin
    """The box that it belongs into."""


@dataclass(frozen=True)
class TaskDescription:
    """What a policy may know of a task."""

    name: str
    """Short name of the task."""
    labels: tuple[str, ...]
    """Classes of the segmentation; the first is the background, the last the robot."""
    goal_names: tuple[str, ...]
    """What an instruction can name, in the order of the goal vector."""
    objects: tuple[ObjectClass, ...]
    """Every class of objects that the task moves."""
    cameras: Mapping[str, Camera]
    """Where all cameras stand, by name, when nothing is varied."""
    recorded_cameras: tuple[str, ...]
    """Those whose pictures are observations."""
    names_several: bool
    """Whether an instruction may name several objects; else it names one."""

    def label_indices(self) -> tuple[int, ...]:
        """The class of each object in labelled pictures: its index in `labels`."""
        return tuple(self.labels.index(item.label) for item in self.objects)


def is_label_of(label: str, name: str) -> bool:
    """Whether a label is of the object that an instruction calls `name`: "dark shirt", "shirt"."""
    return label == name or label.endswith(f" {name}")
