"""From keypoints in a picture to places on the table, by the calibration of the camera."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.cameras import FixedCamera, HandCamera, View
from ..sim_envs.errors import BadValue
from ..sim_envs.tasks import task_class
from .keypoints import VISIBLE_CELLS

Array = NDArray[np.float64]
TABLE_M = 0.03
"""Height of the plane on which things are taken to lie, metres."""
FARTHEST_M = 1.0
"""A ray that meets the plane farther from the arm's base than this says nothing."""
LEAST_CELLS = 0.5
"""Cells that a thing must cover to count as seen."""


def cells(keypoints: NDArray[np.floating]) -> Array:
    """Cells that each thing covers, from keypoints (..., 6)."""
    return np.expm1(keypoints[..., 2].astype(np.float64))


def centroid(keypoints: NDArray[np.floating]) -> Array:
    """Picture coordinates (..., 2) in [-1, 1] without the fading of what is hardly visible."""
    seen = np.maximum(np.tanh(cells(keypoints) / VISIBLE_CELLS), 1e-3)
    return keypoints[..., :2].astype(np.float64) / seen[..., None]


def rotation(quat_xyzw: NDArray[np.floating]) -> Array:
    """Rotation matrices (N, 3, 3) of unit quaternions (N, 4)."""
    x, y, z, w = np.moveaxis(np.asarray(quat_xyzw, np.float64), -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    return np.moveaxis(np.array(rows), -1, 0)


@dataclass(frozen=True)
class Lens:
    """A calibrated camera: how it stands in its frame, the base's or the hand's."""

    eye: Array
    axes: Array
    """Rows: right, down, forward."""
    slope: float
    """Tangent of half the vertical field of view; pictures are square."""

    @classmethod
    def of(cls, task: str, camera: str) -> "Lens":
        """The lens of a task's camera."""
        about = task_class(task).cameras[camera]
        up = (1.0, 0.0, 0.0) if isinstance(about, HandCamera) else (0.0, 0.0, 1.0)
        eye, target, upwards = (np.array(v, np.float64) for v in (about.eye, about.target, up))
        view = View(eye, target, upwards, about.fov_deg, about.near_m, about.far_m)
        return cls(eye, np.stack(view.axes()), float(np.tan(np.radians(about.fov_deg) / 2)))

    def rays(self, points: Array) -> Array:
        """Directions (..., 3) in the camera's frame of picture coordinates (..., 2)."""
        ones = np.ones((*points.shape[:-1], 1))
        return np.asarray(np.concatenate((points * self.slope, ones), axis=-1) @ self.axes)

    def picture(self, place: Array) -> Array:
        """Picture coordinates [2] of a place [3] in the camera's frame."""
        right, down, depth = self.axes @ (place - self.eye)
        return np.asarray(np.array((right, down)) / (depth * self.slope))


@dataclass(frozen=True)
class Stereo:
    """The fixed camera and the one on the hand."""

    front: Lens
    wrist: Lens

    @classmethod
    def of(cls, task: str) -> "Stereo":
        """The two recorded cameras of a task; BadValue if they are of other kinds."""
        cameras = task_class(task).cameras
        kinds = isinstance(cameras["front"], FixedCamera), isinstance(cameras["wrist"], HandCamera)
        if not all(kinds):
            raise BadValue(f"cameras of {task}", "a fixed front and a wrist on the hand", kinds)
        return cls(Lens.of(task, "front"), Lens.of(task, "wrist"))

    def from_front(self, keypoints: NDArray[np.floating]) -> Array:
        """Places (N, M, 2), metres, of keypoints (N, M, 6); NaN where nothing is seen."""
        rays = self.front.rays(centroid(keypoints))
        eye = np.broadcast_to(self.front.eye, rays.shape)
        return _seen(on_table(eye, rays), keypoints)

    def from_wrist(self, keypoints: NDArray[np.floating], hand_m: Array, turn: Array) -> Array:
        """The same for the hand at `hand_m` (N, 3), turned by `turn` (N, 3, 3)."""
        rays = self.wrist.rays(centroid(keypoints)) @ np.swapaxes(turn, 1, 2)
        eye = hand_m + np.einsum("nij,j->ni", turn, self.wrist.eye)
        return _seen(on_table(np.broadcast_to(eye[:, None], rays.shape), rays), keypoints)


def on_table(eye: Array, rays: Array) -> Array:
    """Where rays (..., 3) from `eye` (..., 3) meet the plane; NaN where they do not, or far off."""
    down = -rays[..., 2]
    height = eye[..., 2] - TABLE_M
    meets = (down > 1e-3) & (height > 0)
    reach = np.where(meets, height, np.nan) / np.where(meets, down, 1.0)
    places = (eye + reach[..., None] * rays)[..., :2]
    far = ~(np.linalg.norm(places, axis=-1, keepdims=True) < FARTHEST_M)
    return np.asarray(np.where(far, np.nan, places))


def _seen(places: Array, keypoints: NDArray[np.floating]) -> Array:
    return np.asarray(np.where(cells(keypoints)[..., None] >= LEAST_CELLS, places, np.nan))
