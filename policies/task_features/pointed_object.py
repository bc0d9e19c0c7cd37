"""This module holds the features of the object that the next step is about, seen from the hand.

`KeypointVision` calls it with keypoints, observation columns, and what `NextStepChooser` has learnt
to choose: the object, whether it is carried, and where it is let go of. No rule of a task is in it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..perception.keypoints import KEYPOINT_NAMES, KEYPOINT_SIZE, VISIBLE_CELLS
from .augmentation import Augmentation
from .features import Columns
from .hand_frame import Array, rotation, turned
from .hand_frame_augmentation import HandFrameAugmentation
from .triangulation import PinholeCamera, cells

ABOUT, HELD, RELEASE = "next_about", "next_held", "next_release"
"""Columns (N,), (N,), (N, 3): which of the M objects, M for none; whether the hand carries it;
where it is let go of, metres."""
GRIPS = "grips_m"
"""Column (N, M, 3): where each object can be gripped, metres; NaN where it is not seen."""
GRASPED = "grasp_under_way"
"""Column (N, 3): where a demonstration's gripper is about to close, or has just closed."""
LET_GO = "let_go_of"
"""Column (N, 3): where a demonstration's gripper lets go of what the step is about, metres."""
PLACE_NAMES = ("is_one", "held", "to_x", "to_y", "to_z", "release_x", "release_y")
HAND_NAMES = ("base_x", "base_y", "ee_z", "gripper_width")


@dataclass(frozen=True)
class PointedObject:
    """The pointed object's keypoint in the wrist camera, the ways to it and to its release."""

    name: ClassVar[str] = "pointed-object"
    labels: tuple[str, ...]
    """Names of the M classes of objects that can be pointed at: all but background and robot."""
    wrist: PinholeCamera
    """The wrist camera's calibration."""
    lowest_m: float = 0.0
    """Lowest height at which demonstrations took anything."""
    shows_held: bool = False
    """Whether the wrist's keypoint of what is carried is read, as by policies of earlier versions.
    How it was grasped says nothing of the way."""

    def names(self, cameras: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the F features."""
        seen = (f"wrist_{name}" for name in KEYPOINT_NAMES)
        return (*seen, *PLACE_NAMES, *self.labels, *HAND_NAMES)

    @cached_property
    def augmentation(self) -> Augmentation:
        """What the features allow, since they are in the end effector's frame."""
        return Augmentation(HandFrameAugmentation(self.names(()), self.wrist, self.lowest_m))

    def __call__(self, keypoints: NDArray[np.float32], columns: Columns) -> NDArray[np.float32]:
        """keypoints (N, 2, K, 6 or 10), front and wrist, and columns to (N, F)."""
        things = keypoints[:, 1, 1 : 1 + len(self.labels)]
        ee_m, angle = columns["ee_pos"].astype(np.float64), self.augmentation.frame(columns)
        about, held = columns[ABOUT].astype(np.intp), columns[HELD].astype(np.bool_)
        is_one, rows = about < len(self.labels), np.arange(len(about))
        chosen = np.minimum(about, len(self.labels) - 1)
        grips_m = columns[GRIPS].astype(np.float64)
        seen, at = things[rows, chosen, :KEYPOINT_SIZE], grips_m[rows, chosen]
        if things.shape[-1] > KEYPOINT_SIZE:
            at = as_shown(at, GRASPED, columns)
            seen = self.seen_at(at, seen, columns)
        seen = seen if self.shows_held else np.where(held[:, None], 0.0, seen)
        to = np.where(held[:, None], 0.0, np.nan_to_num(at - ee_m))
        to[:, :2] = turned(to[:, :2], -angle)
        release = as_shown(columns[RELEASE].astype(np.float64), LET_GO, columns)
        way = turned(release[:, :2] - ee_m[:, :2], -angle)
        kind = np.eye(len(self.labels))[chosen]
        place = (is_one[:, None], held[:, None], to, way)
        about_it = np.concatenate((seen, *place, kind), axis=1) * is_one[:, None]
        base = turned(-ee_m[:, :2], -angle)
        width = columns["gripper_qpos"].astype(np.float64).sum(-1, keepdims=True)
        return np.concatenate((about_it, base, ee_m[:, 2:], width), axis=1, dtype=np.float32)

    def seen_at(
        self, at: Array, seen: NDArray[np.float32], columns: Columns
    ) -> NDArray[np.float32]:
        """The wrist's keypoints (N, 6), moved to the places `at` (N, 3) in its picture."""
        turn = rotation(columns["ee_quat"].astype(np.float64))
        from_ee = np.einsum("nji,nj->ni", turn, at - columns["ee_pos"].astype(np.float64))
        depth = (from_ee - self.wrist.eye) @ self.wrist.axes[2]
        with np.errstate(divide="ignore", invalid="ignore"):
            point = self.wrist.picture(from_ee)
        inside = (np.abs(point) < 1.0).all(-1) & (depth > 0.0)
        shown = np.tanh(cells(seen) / VISIBLE_CELLS)[:, None]  # as in keypoints()
        moved = np.where(inside[:, None], point * shown, seen[:, :2])
        return np.concatenate((moved, seen[:, 2:]), axis=1, dtype=np.float32)


def as_shown(at: Array, name: str, columns: Columns) -> Array:
    """Places `at` (N, 3), in training replaced by the demonstration's own, of the named column.

    So the policy learns to grasp and to let go exactly at the places in its features; it would
    learn otherwise to guess from all else how far the demonstration's are from what is expected.
    """
    place = columns.get(name, np.full_like(at, np.nan)).astype(np.float64)
    return np.where(np.isfinite(place), place, at)
