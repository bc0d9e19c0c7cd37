"""This module holds the features of sorting tasks: the next object and the way to its container.

`KeypointVision` calls it with keypoints and observation columns. The next object is chosen anew on
every frame from the keypoints and the goal: the one in the gripper, or else the one nearest to the
end effector that is not yet in its container.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.task_description import ObjectClass, Sorting, TaskDescription
from ..perception.keypoints import KEYPOINT_NAMES, KEYPOINT_SIZE, VISIBLE_CELLS
from .augmentation import Augmentation
from .features import Columns
from .hand_frame import Array, rotation, turned
from .hand_frame_augmentation import CARRIED_M, WIDEST_HELD_M, HandFrameAugmentation
from .triangulation import LEAST_SURE, StereoRig, cells, centroid, off_line

NARROWEST_HELD_M = 0.006
"""Fingers nearer to each other than this hold nothing."""
HANGING = 4
"""Number of places, from the fingers down to the lowest, at which a held object is searched."""
AT_FINGERS = 0.30
"""Largest distance, in the wrist's picture, of a held object from the point between the fingers."""
STRETCHED_M = 0.0815
"""Fingers farther apart than this are pressed apart by an object wider than their opening."""
FRONT_SEES_M = 0.035
"""Largest distance of a held object's place from the front camera's ray, where that sees it."""
SWINGS_M, SWINGS = 0.08, 0.45
"""`FRONT_SEES_M` and `AT_FINGERS` for cloth that hangs in the air."""
SURELY, ELSEWHERE = 0.4, 0.4
"""An object whose grasp point the wrist camera finds with more than the first, as confidence, and
farther from the fingers than the second, in its picture, is not held."""
ON_TABLE_M = 0.05
"""Height below which the middle of an object is taken to lie on the table, not to hang."""
FARTHEST_GRASP_M = 0.12
"""Grasp points farther from their object's middle than this are ignored."""
UPPERMOST, UPPERMOST_WHEN_LOW, LOW_M = 8.0, 1.0, 0.09
"""Of a heap the uppermost is preferred: each metre of a grasp point's height counts as the first
number of metres nearer; as the second, if the end effector is less than the third above it."""
TAKEN = "next_grasp"
"""Column (N, 3): where a demonstration's gripper closes next; the object there is the next one."""
GRASPED = "grasp_under_way"
"""Column (N, 3): where a demonstration's gripper is about to close, or has just closed."""
PLACE_NAMES = ("is_one", "held", "to_x", "to_y", "to_z", "container_x", "container_y")
EE_NAMES = ("base_x", "base_y", "ee_z", "gripper_width")


@dataclass(frozen=True)
class NextObject:
    """The next object from the end effector: its keypoint, the ways to it and to its container."""

    name: ClassVar[str] = "next-object"
    task: TaskDescription
    """The task: its objects, their containers and the cameras' poses."""

    @property
    def things(self) -> tuple[ObjectClass, ...]:
        """The M classes of objects."""
        return self.task.objects

    @cached_property
    def classes(self) -> list[int]:
        """Perception's class of each object, (M,)."""
        return list(self.task.label_indices())

    @cached_property
    def sorting(self) -> Sorting:
        """How the objects are sorted."""
        return self.task.sorting or Sorting()

    @cached_property
    def rig(self) -> StereoRig:
        """The calibration of the task's cameras."""
        return StereoRig.of(self.task)

    @cached_property
    def centres_m(self) -> Array:
        """Centres of the objects' containers, (M, 2) metres."""
        return np.array([thing.container.centre_m for thing in self.things])

    def names(self, cameras: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the F features."""
        seen = (f"wrist_{name}" for name in KEYPOINT_NAMES)
        return (*seen, *PLACE_NAMES, *(thing.label for thing in self.things), *EE_NAMES)

    @cached_property
    def augmentation(self) -> Augmentation:
        """What the features allow, since they are in the end effector's frame."""
        return Augmentation(HandFrameAugmentation(self.names(()), self.rig.wrist))

    def __call__(self, keypoints: NDArray[np.float32], columns: Columns) -> NDArray[np.float32]:
        """keypoints (N, 2, K, 6 or 10), front and wrist, and observation columns to (N, F)."""
        things = keypoints[:, :, self.classes]
        ee_pos, angle = columns["ee_pos"].astype(np.float64), self.augmentation.frame(columns)
        places = self.places(things, columns)
        grips = self.grips(things, places, columns)
        chosen, is_one, held = self.choose(things, places, grips, columns)
        rows = np.arange(len(chosen))
        seen, at = things[rows, 1, chosen, :KEYPOINT_SIZE], grips[rows, chosen]
        if has_grasp_points(things):
            at = self.grasped(at, columns)
            seen = self.seen_at(at, seen, columns)
        to = np.where(held[:, None], 0.0, np.nan_to_num(at - ee_pos))
        to[:, :2] = turned(to[:, :2], -angle)
        way = turned(self.centres_m[chosen] - ee_pos[:, :2], -angle)
        kind = np.eye(len(self.things))[chosen]
        place = (is_one[:, None], held[:, None], to, way)
        about = np.concatenate((seen, *place, kind), axis=1) * is_one[:, None]
        base = turned(-ee_pos[:, :2], -angle)
        width = columns["gripper_qpos"].astype(np.float64).sum(-1, keepdims=True)
        return np.concatenate((about, base, ee_pos[:, 2:], width), axis=1, dtype=np.float32)

    def choose(
        self, things: NDArray[np.float32], places: Array, grips: Array, columns: Columns
    ) -> tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.bool_]]:
        """For each frame (N,) which object is next, whether there is one, whether it is held."""
        held, left = self.held(things, columns), self.left(things, places, columns)
        ee_pos = columns["ee_pos"].astype(np.float64)[:, None]
        away = np.linalg.norm((grips - ee_pos)[..., :2], axis=-1)
        if has_grasp_points(things):  # prefer the uppermost, but keep the object right below
            low = ee_pos[..., 2] < grips[..., 2] + LOW_M
            away = away - np.where(low, UPPERMOST_WHEN_LOW, UPPERMOST) * grips[..., 2]
        if (taken := columns.get(TAKEN)) is not None:
            there_m = taken.astype(np.float64)[:, None]
            gap = np.linalg.norm((places - there_m)[..., :2], axis=-1)
            away = np.where(np.isfinite(there_m).all(-1), gap, away)
        distance = np.where(held, -1.0, np.where(left, away, np.inf))
        chosen = distance.argmin(1)
        rows = np.arange(len(chosen))
        return chosen, np.isfinite(distance[rows, chosen]), held[rows, chosen]

    def places(self, things: NDArray[np.float32], columns: Columns) -> Array:
        """Places of the objects, (N, M, 3) metres; NaN where one is not seen."""
        turn = rotation(columns["ee_quat"].astype(np.float64))
        return self.rig.triangulate(things, columns["ee_pos"].astype(np.float64), turn)

    def grips(self, things: NDArray[np.float32], places: Array, columns: Columns) -> Array:
        """Grasp points of the objects, (N, M, 3) metres; an object's middle where none is found."""
        if not has_grasp_points(things):
            return places
        turn = rotation(columns["ee_quat"].astype(np.float64))
        found, sure = self.rig.triangulate_grasp(things, columns["ee_pos"].astype(np.float64), turn)
        near = np.linalg.norm(found - places, axis=-1) < FARTHEST_GRASP_M
        return np.where((sure & near)[..., None], found, places)

    def grasped(self, at: Array, columns: Columns) -> Array:
        """Places `at` (N, 3), in training replaced by where the demonstration grasps.

        So the policy learns to close exactly at the place in its features.
        """
        grasped = columns.get(GRASPED, np.full_like(at, np.nan))
        return np.where(np.isfinite(grasped), grasped, at)

    def seen_at(
        self, at: Array, seen: NDArray[np.float32], columns: Columns
    ) -> NDArray[np.float32]:
        """The wrist's keypoints (N, 6), moved to the places `at` (N, 3) in its picture."""
        turn = rotation(columns["ee_quat"].astype(np.float64))
        from_ee = np.einsum("nji,nj->ni", turn, at - columns["ee_pos"].astype(np.float64))
        depth = (from_ee - self.rig.wrist.eye) @ self.rig.wrist.axes[2]
        with np.errstate(divide="ignore", invalid="ignore"):
            point = self.rig.wrist.picture(from_ee)
        inside = (np.abs(point) < 1.0).all(-1) & (depth > 0.0)
        shown = np.tanh(cells(seen) / VISIBLE_CELLS)[:, None]  # as in keypoints()
        moved = np.where(inside[:, None], point * shown, seen[:, :2])
        return np.concatenate((moved, seen[:, 2:]), axis=1, dtype=np.float32)

    def held(self, things: NDArray[np.float32], columns: Columns) -> NDArray[np.bool_]:
        """Which object is between the fingers or hangs from them, (N, M), at most one per frame."""
        width = columns["gripper_qpos"].astype(np.float64).sum(-1)
        closed = (width > NARROWEST_HELD_M) & ((width < WIDEST_HELD_M) | (width > STRETCHED_M))
        ee_pos = columns["ee_pos"].astype(np.float64)
        turn = rotation(columns["ee_quat"].astype(np.float64))
        eye, rays = self.rig.front_rays(centroid(things[:, 0]))
        hidden = cells(things[:, 0]) < 1.0
        hangs_m = self.sorting.hangs_m
        swings = ((ee_pos[:, 2] > CARRIED_M) & bool(hangs_m))[:, None]
        aside_m = np.where(swings, SWINGS_M, FRONT_SEES_M)
        best: Array = np.full(hidden.shape, np.inf)
        for share in np.linspace(0.0, 1.0, HANGING if hangs_m else 1):
            below = share * np.clip(ee_pos[:, 2] - ON_TABLE_M, 0.0, hangs_m)  # (N,)
            place = ee_pos + turn[:, :, 2] * below[:, None]
            near = off_line(place[:, None], eye, rays) < aside_m
            shown = self.rig.wrist.picture(np.outer(below, (0.0, 0.0, 1.0)))
            gap = np.linalg.norm(centroid(things[:, 1]) - shown[:, None], axis=-1)
            best = np.minimum(best, np.where(near | hidden, gap, np.inf))
        best = np.where(cells(things[:, 1]) >= 1.0, best, np.inf)
        nearest = np.eye(len(self.things), dtype=np.bool_)[best.argmin(1)]
        at_fingers = (best < np.where(swings, SWINGS, AT_FINGERS)) & ~self.lies(things)
        return np.asarray(nearest & at_fingers & closed[:, None])

    def lies(self, things: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which objects surely have their grasp point elsewhere than at the fingers, (N, M).

        A hanging garment is held at its highest part; one that lies below the gripper shows that
        part far from the fingers. This was true in none of 1,210 frames in which one was carried.
        """
        if not has_grasp_points(things):
            return np.zeros(things[:, 0, :, 0].shape, np.bool_)
        grasps = things[:, 1, :, KEYPOINT_SIZE:]
        point = grasps[..., :2] / np.maximum(grasps[..., 2:3], LEAST_SURE)
        away = np.linalg.norm(point - self.rig.wrist.picture(np.zeros(3)), axis=-1)
        return np.asarray((grasps[..., 2] > SURELY) & (away > ELSEWHERE))

    def left(
        self, things: NDArray[np.float32], places: Array, columns: Columns
    ) -> NDArray[np.bool_]:
        """Which objects are in the goal, seen, and not yet in their containers, (N, M)."""
        goal = columns["goal"].astype(np.float32)
        asked = goal[:, [thing.goal for thing in self.things]] > 0.5
        half = np.array([thing.container.half_m for thing in self.things]) - self.sorting.rim_m
        half = half - self.sorting.extents * self.rig.front.width_m(things[:, 0], places)
        with np.errstate(invalid="ignore"):
            inside = np.all(np.abs(places[..., :2] - self.centres_m) < half, axis=-1)
        return np.asarray(asked & np.isfinite(places).all(-1) & ~inside)


def has_grasp_points(things: NDArray[np.float32]) -> bool:
    """Whether keypoints (..., 6 or 10) contain grasp points."""
    return bool(things.shape[-1] > KEYPOINT_SIZE)
