"""This module makes a set of tokens of what perception sees: one for every class of objects.

`NextStepNetwork` reads them. A token says where each camera sees the object and how sure, where
that is in space, and whether the instruction names it; one more token is the hand and its state.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.task_description import TaskDescription, is_label_of
from ..perception.keypoints import KEYPOINT_SIZE
from ..task_features.features import Columns
from ..task_features.hand_frame import Array, heading, rotation, turned
from ..task_features.triangulation import StereoRig
from .network import Sizes

HAND_NAMES = ("x", "y", "z", "cosine", "sine", "width", "one")
"""Numbers of the hand's token: position, heading, width between the fingers, a constant."""
WIDTH = HAND_NAMES.index("width")
FARTHEST_GRASP_M = 0.12
"""Grasp points farther from the middle of what they belong to than this are ignored."""
PLACE_SIZE, FROM_BASE = 8, 4
"""Numbers of a place: seen or not, in the base's frame, from the hand, distance on the table; and
how many of them, the first, do not depend on the hand."""


@dataclass(frozen=True)
class SeenObjects:
    """What perception sees in N frames, as tokens and as places."""

    tokens: NDArray[np.float32]
    """(N, M, T) one for each class of objects."""
    hand: NDArray[np.float32]
    """(N, 7) the hand and its state, see `HAND_NAMES`."""
    candidates: NDArray[np.bool_]
    """(N, M) objects that a step may be about: seen, and named by the instruction."""
    grips_m: Array
    """(N, M, 3) grasp points of the objects, where perception has those, else their middles; NaN
    where one is not seen."""

    def __len__(self) -> int:
        return len(self.hand)


@dataclass(frozen=True)
class Tokens:
    """Tokens of a task's frames: of all labelled classes but the background and the robot."""

    task: TaskDescription
    rig: StereoRig

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """Perception's index of each of the M classes."""
        return tuple(range(1, len(self.task.labels) - 1))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Names of the M classes."""
        return tuple(self.task.labels[index] for index in self.classes)

    @cached_property
    def goals(self) -> NDArray[np.bool_]:
        """(G, M) whether each name that an instruction can contain is of that class."""
        names = self.task.goal_names
        return np.array([[is_label_of(label, name) for label in self.labels] for name in names])

    @cached_property
    def nameable(self) -> NDArray[np.bool_]:
        """(M,) which classes an instruction can name."""
        return np.asarray(self.goals.any(0))

    def sizes(self, keypoint: int) -> Sizes:
        """What the network reads, for keypoints of so many numbers."""
        begin = 2 * keypoint + 1
        return Sizes(
            len(self.labels),
            begin + 2 * PLACE_SIZE,
            len(HAND_NAMES),
            fixed=tuple(np.flatnonzero(~self.nameable).tolist()),
            place=tuple(range(begin, begin + FROM_BASE)),
        )

    def __call__(self, keypoints: NDArray[np.float32], columns: Columns) -> SeenObjects:
        """keypoints (N, 2, K, 6 or 10), front and wrist, and observation columns to a scene."""
        things = keypoints[:, :, list(self.classes)]
        ee_m = columns["ee_pos"].astype(np.float64)
        turn = rotation(columns["ee_quat"].astype(np.float64))
        places_m = self.rig.triangulate(things, ee_m, turn)
        grips_m = places_m
        if things.shape[-1] > KEYPOINT_SIZE:
            found, sure = self.rig.triangulate_grasp(things, ee_m, turn)
            near = np.linalg.norm(found - places_m, axis=-1) < FARTHEST_GRASP_M
            grips_m = np.where((sure & near)[..., None], found, places_m)
        angle = heading(turn)
        asked = columns["goal"].astype(np.float64) @ self.goals > 0.5
        parts = [things[:, 0], things[:, 1], asked[..., None]]
        parts += [_place(where, ee_m, angle) for where in (places_m, grips_m)]
        tokens = np.concatenate(parts, axis=-1, dtype=np.float32)
        candidates = np.isfinite(places_m).all(-1) & asked
        return SeenObjects(tokens, _hand(ee_m, angle, columns), candidates, grips_m)


def _hand(ee_m: Array, angle: Array, columns: Columns) -> NDArray[np.float32]:
    width = columns["gripper_qpos"].astype(np.float64).sum(-1, keepdims=True)
    facing = np.stack((np.cos(angle), np.sin(angle)), axis=-1)
    parts = (ee_m, facing, width, np.ones_like(width))
    return np.concatenate(parts, axis=-1, dtype=np.float32)


def _place(where_m: Array, ee_m: Array, angle: Array) -> Array:
    """(N, M, 8) of places (N, M, 3)."""
    seen = np.isfinite(where_m).all(-1, keepdims=True)
    to = turned(np.nan_to_num(where_m - ee_m[:, None]), -angle)
    away = np.linalg.norm(to[..., :2], axis=-1, keepdims=True)
    return np.concatenate((seen, np.nan_to_num(where_m), to, away), axis=-1)
