"""This module computes where objects are from keypoints in pictures, by the cameras' calibration.

The features of sorting tasks and the grasp labels call it. The cameras' poses are the task's, also
for episodes whose `variation` moved them: a policy does not know the calibration's error.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...sim_envs.cameras import Camera, CameraView, FixedCamera, WristCamera
from ...sim_envs.errors import BadValue
from ...sim_envs.task_description import TaskDescription
from ..perception.keypoints import KEYPOINT_SIZE, VISIBLE_CELLS
from .hand_frame import Array

HEIGHT_M, HEIGHT_STD_M = 0.0, 0.3
"""Expected height of the middle of an object, and its standard deviation, where no demonstration
says better: somewhere around the arm's base."""
FRONT_M = 0.02
"""Standard deviation of an object's distance from the front camera's ray."""
WRIST_M = 0.01
"""The same for the wrist camera, which is nearer."""
CUT_OFF_M = 0.06
"""The same where the edge of its picture cuts the object off."""
FRONT_GRASP_M, WRIST_GRASP_M, GRASP_HEIGHT_M = 0.02, 0.008, 0.01
"""Standard deviations of a grasp point's distances from both rays and of its predicted height."""
LEAST_SURE = 0.3
"""Grasp points of less confidence than this are ignored."""
FARTHEST_M = 1.0
"""Places farther from the arm's base than this are discarded."""
FARTHEST_APART_M = 0.04
"""Rays that pass each other at more than this do not belong to one object."""
CUT_OFF = 0.75
"""An object this far from the middle of the wrist's picture is probably cut off by its edge."""
LEAST_CELLS = 0.5
"""Cells that an object must cover to count as seen."""

WeightedRays: TypeAlias = tuple[Array, Array, Array]
"""Origins and directions of lines, (..., 3) each, and the weight (...) of each line."""


def cells(keypoints: NDArray[np.floating]) -> Array:
    """Cells that each object covers, (...), from keypoints (..., 6)."""
    return np.expm1(keypoints[..., 2].astype(np.float64))


def centroid(keypoints: NDArray[np.floating]) -> Array:
    """Picture coordinates (..., 2) in [-1, 1] of keypoints (..., 6), not scaled by visibility."""
    seen = np.maximum(np.tanh(cells(keypoints) / VISIBLE_CELLS), 1e-3)
    return keypoints[..., :2].astype(np.float64) / seen[..., None]


@dataclass(frozen=True)
class PinholeCamera:
    """A calibrated camera in its frame: the base's, or the end effector's for the wrist camera."""

    eye: Array
    """(3,) position, metres."""
    axes: Array
    """(3, 3), rows: right, down, forward."""
    slope: float
    """Tangent of half the vertical field of view; pictures are square."""

    @classmethod
    def of(cls, about: Camera) -> "PinholeCamera":
        """The calibration of a camera at the pose that the task gives it."""
        up = (1.0, 0.0, 0.0) if isinstance(about, WristCamera) else (0.0, 0.0, 1.0)
        eye, target, upwards = (np.array(v, np.float64) for v in (about.eye, about.target, up))
        view = CameraView(eye, target, upwards, about.fov_deg, about.near_m, about.far_m)
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
class StereoRig:
    """The fixed front camera and the wrist camera."""

    front: PinholeCamera
    wrist: PinholeCamera
    height_m: float = HEIGHT_M
    """Expected height of the middle of an object."""
    height_std_m: float = HEIGHT_STD_M
    """Standard deviation of that height."""

    @classmethod
    def of(cls, task: TaskDescription) -> "StereoRig":
        """The two recorded cameras of a task; BadValue if they are of other kinds."""
        cameras = [task.cameras[name] for name in task.recorded_cameras]
        kinds = tuple(type(camera).__name__ for camera in cameras)
        if kinds != (FixedCamera.__name__, WristCamera.__name__):
            expected = "a fixed camera, then a wrist camera"
            raise BadValue(f"recorded cameras of {task.name}", expected, kinds)
        front, wrist = cameras
        return cls(PinholeCamera.of(front), PinholeCamera.of(wrist))

    def triangulate(self, things: NDArray[np.floating], ee_m: Array, turn: Array) -> Array:
        """Places of objects, (N, M, 3) metres, from keypoints (N, 2, M, 6) of front and wrist.

        The weighted least squares of both rays and the expected height; NaN where nothing is seen.
        The end effector is at `ee_m` (N, 3), rotated by matrices `turn` (N, 3, 3).
        """
        far_eye, far = self.front_rays(centroid(things[:, 0]))
        near_eye, near = self.wrist_rays(centroid(things[:, 1]), ee_m, turn)
        whole = np.abs(centroid(things[:, 1])).max(-1) < CUT_OFF
        seen = cells(things) >= LEAST_CELLS  # (N, 2, M)
        apart = seen.all(1) & whole & (gap(far_eye, far, near_eye, near) > FARTHEST_APART_M)
        trust = np.where(seen[:, 1], np.where(whole, WRIST_M, CUT_OFF_M) ** -2.0, 0.0)
        far_trust = np.where(seen[:, 0] & ~apart, FRONT_M**-2.0, 0.0)
        height_m, off_m = np.full(trust.shape, self.height_m), self.height_std_m
        places = _meeting((far_eye, far, far_trust), (near_eye, near, trust), height_m, off_m)
        away = np.linalg.norm(places[..., :2], axis=-1) > FARTHEST_M
        return np.where((away | ~seen.any(1))[..., None], np.nan, places)

    def triangulate_grasp(
        self, things: NDArray[np.floating], ee_m: Array, turn: Array
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Grasp points of objects, (N, M, 3) metres, from keypoints (N, 2, M, 10).

        The least squares of both rays and both predicted heights, weighted by confidence. Also
        whether either camera is confident: bool (N, M).
        """
        grasps = things[..., KEYPOINT_SIZE:].astype(np.float64)  # (N, 2, M, 4)
        sure = np.where(grasps[..., 2] > LEAST_SURE, grasps[..., 2], 0.0)
        points = grasps[..., :2] / np.maximum(grasps[..., 2:3], LEAST_SURE)
        height = (sure * grasps[..., 3]).sum(1) / np.maximum(sure.sum(1), LEAST_SURE)
        far_eye, far = self.front_rays(points[:, 0])
        near_eye, near = self.wrist_rays(points[:, 1], ee_m, turn)
        trust = sure / np.square(((FRONT_GRASP_M,), (WRIST_GRASP_M,)))
        seen = (far_eye, far, trust[:, 0]), (near_eye, near, trust[:, 1])
        return _meeting(*seen, height, GRASP_HEIGHT_M), np.asarray(sure.any(1))

    def front_rays(self, points: Array) -> tuple[Array, Array]:
        """Origins and unit directions, (N, M, 3) each, of the front camera's rays.

        The rays pass through points (N, M, 2) of its picture.
        """
        rays = self.front.rays(points)
        return np.broadcast_to(self.front.eye, rays.shape), _unit(rays)

    def wrist_rays(self, points: Array, ee_m: Array, turn: Array) -> tuple[Array, Array]:
        """The same for the wrist camera of an end effector at `ee_m`, rotated by `turn`."""
        rays = self.wrist.rays(points) @ np.swapaxes(turn, 1, 2)
        eye = ee_m + np.einsum("nij,j->ni", turn, self.wrist.eye)
        return np.broadcast_to(eye[:, None], rays.shape), _unit(rays)


def gap(eye_a: Array, rays_a: Array, eye_b: Array, rays_b: Array) -> Array:
    """Distances (...) between pairs of lines along rays (..., 3) of length 1."""
    across = np.cross(rays_a, rays_b)
    sine = np.maximum(np.linalg.norm(across, axis=-1), 1e-6)
    return np.asarray(np.abs(((eye_b - eye_a) * across).sum(-1)) / sine)


def _meeting(far: WeightedRays, near: WeightedRays, height_m: Array, may_be_off_m: float) -> Array:
    """The least-squares places (..., 3) for two lines and a height (...)."""
    up = np.diag((0.0, 0.0, may_be_off_m**-2.0))
    left, right = up + 1e-6 * np.eye(3), height_m[..., None, None] * up[:, 2:]
    for eye, rays, trust in (near, far):
        aside = _aside(rays) * trust[..., None, None]
        left, right = left + aside, right + aside @ eye[..., None]
    return np.asarray(np.linalg.solve(left, right)[..., 0], np.float64)


def _aside(rays: Array) -> Array:
    """Projections (..., 3, 3) that remove a vector's part along a ray."""
    return np.asarray(np.eye(3) - rays[..., :, None] * rays[..., None, :])


def _unit(rays: Array) -> Array:
    return np.asarray(rays / np.linalg.norm(rays, axis=-1, keepdims=True))
