"""What the head reads where several things must be sorted: the next one, and where it belongs.

Which thing is next is chosen anew on every frame from what is seen and from the order's words:
the one in the hand, or else the one nearest to the hand that does not yet lie where it belongs.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.furniture import Bin
from ..sim_envs.garments import GARMENTS, SHADES
from ..sim_envs.tasks.laundry import HAMPERS
from ..sim_envs.tasks.litter import ITEMS
from ..sim_envs.tasks.sort_recycling import own_bin
from .features import BODY_NAMES, Columns, body
from .keypoints import KEYPOINT_NAMES
from .lifting import Array, Stereo, cells, centroid, rotation

OPEN_M = 0.072
"""Fingers farther apart than this hold nothing."""
SHUT_M = 0.006
"""Fingers nearer to each other than this hold nothing."""
AT_FINGERS = 0.30
"""In the wrist's picture: what is held is no farther from the tool's point than this."""
CUT_OFF = 0.75
"""A thing so far from the middle of the wrist's picture is likely to be cut off by its edge."""
RIM_M = 0.015
"""A thing that is seen this far outside of a container may still lie in it."""


@dataclass(frozen=True)
class Sortable:
    """One class of thing that perception names."""

    label: str
    goal: int
    """Its place in the goal vector."""
    container: Bin
    """Where it belongs."""


RECYCLING = tuple(Sortable(name, i, own_bin(name)) for i, name in enumerate(ITEMS))
CLOTHES = tuple(
    Sortable(f"{shade} {kind}", i, HAMPERS[shade])
    for i, kind in enumerate(GARMENTS)
    for shade in SHADES
)


@dataclass(frozen=True)
class NextThing:
    """Keypoints and place of the next thing, the way to its container, its kind, the body."""

    name: str
    task: str
    things: tuple[Sortable, ...]
    """In the order of perception's classes, from class 1 on."""

    @cached_property
    def stereo(self) -> Stereo:
        """The calibration of the task's cameras."""
        return Stereo.of(self.task)

    @cached_property
    def things_by_label(self) -> dict[str, Sortable]:
        """Every class that can be chosen."""
        return {thing.label: thing for thing in self.things}

    def names(self, cameras: tuple[str, ...]) -> tuple[str, ...]:
        """The name of each number."""
        seen = (f"{camera}_{name}" for camera in cameras for name in KEYPOINT_NAMES)
        place = ("is_one", "held", "to_x", "to_y", "container_x", "container_y")
        return (*seen, *place, *(thing.label for thing in self.things), *BODY_NAMES)

    def __call__(self, keypoints: NDArray[np.float32], columns: Columns) -> NDArray[np.float32]:
        """keypoints (N, 2, K, 6), front and wrist, and observation columns to (N, F)."""
        things = keypoints[:, :, 1 : 1 + len(self.things)]
        tool_m = columns["ee_pos"].astype(np.float64)
        places = self.places(things, columns)
        held = self.held(things, columns)
        left = self.left(places, columns)
        offsets = places - tool_m[:, None, :2]
        distance = np.where(left, np.linalg.norm(offsets, axis=-1), np.inf)
        distance = np.where(held, -1.0, distance)
        chosen = distance.argmin(1)
        rows = np.arange(len(chosen))
        is_one = np.isfinite(distance[rows, chosen])[:, None]
        holds = held[rows, chosen][:, None]
        to = np.where(holds, 0.0, np.nan_to_num(offsets[rows, chosen]))
        centres = np.array([thing.container.centre_m for thing in self.things])
        way = centres[chosen] - tool_m[:, :2]
        kind = np.eye(len(self.things))[chosen]
        seen = things[rows, :, chosen].reshape(len(rows), -1)
        about = np.concatenate((seen, holds, to, way, kind), axis=1) * is_one
        first, rest = about[:, : seen.shape[1]], about[:, seen.shape[1] :]
        parts = (first, is_one, rest, body(columns))
        return np.concatenate(parts, axis=1, dtype=np.float32)

    def places(self, things: NDArray[np.float32], columns: Columns) -> Array:
        """Where each thing lies, (N, M, 2) metres: by the hand's camera, else by the front one."""
        turn = rotation(columns["ee_quat"].astype(np.float64))
        near = self.stereo.from_wrist(things[:, 1], columns["ee_pos"].astype(np.float64), turn)
        far = self.stereo.from_front(things[:, 0])
        whole = np.abs(centroid(things[:, 1])).max(-1, keepdims=True) < CUT_OFF
        best = np.where(np.isfinite(near) & whole, near, far)
        return np.where(np.isfinite(best), best, near)

    def held(self, things: NDArray[np.float32], columns: Columns) -> NDArray[np.bool_]:
        """Which thing is between the fingers, (N, M), at most one a frame."""
        width = columns["gripper_qpos"].sum(-1)
        closed = (width < OPEN_M) & (width > SHUT_M)
        tool = self.stereo.wrist.picture(np.zeros(3))
        gap = np.linalg.norm(centroid(things[:, 1]) - tool, axis=-1)
        gap = np.where(cells(things[:, 1]) >= 1.0, gap, np.inf)
        nearest = np.eye(gap.shape[1], dtype=bool)[gap.argmin(1)]
        return np.asarray(nearest & (gap < AT_FINGERS) & closed[:, None])

    def left(self, places: Array, columns: Columns) -> NDArray[np.bool_]:
        """Which things are asked for, seen, and not yet in their containers, (N, M)."""
        goal = columns["goal"].astype(np.float32)
        asked = goal[:, [thing.goal for thing in self.things]] > 0.5
        centres = np.array([thing.container.centre_m for thing in self.things])
        half = np.array([thing.container.half_m for thing in self.things]) + RIM_M
        with np.errstate(invalid="ignore"):
            inside = np.all(np.abs(places - centres) < half, axis=-1)
        return np.asarray(asked & np.isfinite(places).all(-1) & ~inside)
