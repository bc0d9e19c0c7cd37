"""From keypoints in a picture to places on the table, by the calibration of the camera."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..sim_envs.cameras import FixedCamera, HandCamera, View
from ..sim_envs.errors import BadValue
from ..sim_envs.tasks import task_class
from .heading import Array
from .keypoints import VISIBLE_CELLS

TABLE_M = 0.03
"""Height of the plane on which things are taken to lie, metres."""
FARTHEST_M = 1.0
"""A ray that meets the plane farther from the arm's base than this says nothing."""
FARTHEST_APART_M = 0.04
"""Rays that pass each other at more than this do not meet in one thing."""
CUT_OFF = 0.75
"""A thing so far from the middle of the wrist's picture is likely to be cut off by its edge."""
LEAST_CELLS = 0.5
"""Cells that a thing must cover to count as seen."""


def cells(keypoints: NDArray[np.floating]) -> Array:
    """Cells that each thing covers, from keypoints (..., 6)."""
    return np.expm1(keypoints[..., 2].astype(np.float64))


def centroid(keypoints: NDArray[np.floating]) -> Array:
    """Picture coordinates (..., 2) in [-1, 1] without the fading of what is hardly visible."""
    seen = np.maximum(np.tanh(cells(keypoints) / VISIBLE_CELLS), 1e-3)
    return keypoints[..., :2].astype(np.float64) / seen[..., None]


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
        about = task_class(task).camera_plan[camera]
        up = (1.0, 0.0, 0.0) if isinstance(about, HandCamera) else (0.0, 0.0, 1.0)
        eye, target, upwards = (np.array(v, np.float64) for v in (about.eye, about.target, up))
        view = View(eye, target, upwards, about.fov_deg, about.near_m, about.far_m)
        return cls(eye, np.stack(view.axes()), float(np.tan(np.radians(about.fov_deg) / 2)))

    def rays(self, points: Array) -> Array:
        """Directions (..., 3) in the camera's frame of picture coordinates (..., 2)."""
        ones = np.ones((*points.shape[:-1], 1))
        return np.asarray(np.concatenate((points * self.slope, ones), axis=-1) @ self.axes)

    def picture(self, place: Array) -> Array:
        """Picture coordinates (..., 2) of places (..., 3) in the camera's frame."""
        right, down, depth = np.moveaxis((place - self.eye) @ self.axes.T, -1, 0)
        picture: Array = np.stack((right, down), axis=-1) / (depth * self.slope)[..., None]
        return picture


@dataclass(frozen=True)
class Stereo:
    """The fixed camera and the one on the hand."""

    front: Lens
    wrist: Lens

    @classmethod
    def of(cls, task: str) -> "Stereo":
        """The two recorded cameras of a task; BadValue if they are of other kinds."""
        cameras = task_class(task).camera_plan
        kinds = isinstance(cameras["front"], FixedCamera), isinstance(cameras["wrist"], HandCamera)
        if not all(kinds):
            raise BadValue(f"cameras of {task}", "a fixed front and a wrist on the hand", kinds)
        return cls(Lens.of(task, "front"), Lens.of(task, "wrist"))

    def places(self, things: NDArray[np.floating], hand_m: Array, turn: Array) -> Array:
        """Where things are, (N, M, 3) metres, from keypoints (N, 2, M, 6) of front and wrist.

        Seen by both cameras: where their rays meet; by one: where its ray meets the table; NaN
        where nothing is seen. The hand is at `hand_m` (N, 3), turned by `turn` (N, 3, 3).
        """
        front, wrist = things[:, 0], things[:, 1]
        far_rays = self.front.rays(centroid(front))
        far_eye = np.broadcast_to(self.front.eye, far_rays.shape)
        near_rays = self.wrist.rays(centroid(wrist)) @ np.swapaxes(turn, 1, 2)
        near_eye = hand_m + np.einsum("nij,j->ni", turn, self.wrist.eye)
        near_eye = np.broadcast_to(near_eye[:, None], near_rays.shape)
        whole = np.abs(centroid(wrist)).max(-1) < CUT_OFF
        near = _seen(on_table(near_eye, near_rays), wrist)
        far = _seen(on_table(far_eye, far_rays), front)
        both, gap = meeting(far_eye, far_rays, near_eye, near_rays)
        sees_both = (gap < FARTHEST_APART_M) & np.isfinite(near + far).all(-1) & whole
        best = np.where(whole[..., None] & np.isfinite(near), near, far)
        best = np.where(np.isfinite(best), best, near)
        return np.where(sees_both[..., None], both, best)


def meeting(eye_a: Array, rays_a: Array, eye_b: Array, rays_b: Array) -> tuple[Array, Array]:
    """Midpoint (..., 3) of where two rays come nearest to each other, and their gap (...) there."""
    a, b = (rays / np.linalg.norm(rays, axis=-1, keepdims=True) for rays in (rays_a, rays_b))
    between = eye_b - eye_a
    cosine = (a * b).sum(-1)
    sine2 = np.maximum(1 - cosine**2, 1e-6)
    along_a = ((between * a).sum(-1) - cosine * (between * b).sum(-1)) / sine2
    along_b = (cosine * (between * a).sum(-1) - (between * b).sum(-1)) / sine2
    at_a, at_b = eye_a + along_a[..., None] * a, eye_b + along_b[..., None] * b
    return (at_a + at_b) / 2, np.linalg.norm(at_a - at_b, axis=-1)


def on_table(eye: Array, rays: Array) -> Array:
    """Where rays (..., 3) from `eye` (..., 3) meet the plane; NaN where they do not, or far off."""
    down = -rays[..., 2]
    height = eye[..., 2] - TABLE_M
    meets = (down > 1e-3) & (height > 0)
    reach = np.where(meets, height, np.nan) / np.where(meets, down, 1.0)
    places = eye + reach[..., None] * rays
    far = ~(np.linalg.norm(places[..., :2], axis=-1, keepdims=True) < FARTHEST_M)
    return np.asarray(np.where(far, np.nan, places))


def _seen(places: Array, keypoints: NDArray[np.floating]) -> Array:
    return np.asarray(np.where(cells(keypoints)[..., None] >= LEAST_CELLS, places, np.nan))
