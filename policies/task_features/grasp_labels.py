"""This module labels the frames of demonstrations with where the gripper closes next.

Training calls it with recorded frames; places in metres or in the cameras' pictures come out.
"""

import numpy as np
from numpy.typing import NDArray

from ...datasets.frames import Frames
from ...sim_envs.cameras import Camera, WristCamera
from ...sim_envs.errors import BadValue
from ...sim_envs.making import describe_task
from ...sim_envs.spaces import GRIP
from .hand_frame import Array, rotation
from .triangulation import PinholeCamera

STILL_THERE_M = 0.03
"""A closed gripper farther than this from where it closed has left that place."""
LEAST_DEPTH_M = 0.01
"""Points nearer to a camera than this, or behind it, are not in its picture."""


def told_closed(frames: Frames) -> NDArray[np.bool_]:
    """Whether the gripper was last told to close, (N,); an action of 0 leaves it as it is told."""
    grip, rows = frames.actions[:, GRIP], np.arange(len(frames))
    first = np.concatenate(([True], frames.episode[1:] != frames.episode[:-1]))
    said = np.maximum.accumulate(np.where((grip != 0) | first, rows, 0))
    return np.asarray(grip[said] > 0)


def next_grasps(frames: Frames) -> NDArray[np.float32]:
    """The end effector's position, metres, at the next closing of the gripper: (N, 3).

    NaN after the last closing of an episode.
    """
    closed = told_closed(frames)
    before = np.concatenate(([False], closed[:-1]))
    first = np.concatenate(([True], frames.episode[1:] != frames.episode[:-1]))
    closing = closed & (first | ~before)
    steps = np.where(closing, np.arange(len(frames)), len(frames))
    coming = np.minimum.accumulate(steps[::-1])[::-1]
    here = np.minimum(coming, len(frames) - 1)
    known = (coming < len(frames)) & (frames.episode[here] == frames.episode)
    places = frames.observations["ee_pos"][here]
    return np.where(known[:, None], places, np.nan).astype(np.float32)


def grasps_under_way(frames: Frames) -> NDArray[np.float32]:
    """Where the gripper closes next, or has closed and still is, metres (N, 3).

    NaN where neither is so.
    """
    closed, ee_pos = told_closed(frames), frames.observations["ee_pos"]
    opens = np.concatenate(([True], ~closed[:-1] | (frames.episode[1:] != frames.episode[:-1])))
    began = np.maximum.accumulate(np.where(closed & opens, np.arange(len(frames)), 0))
    near = np.linalg.norm(ee_pos - ee_pos[began], axis=1) < STILL_THERE_M
    here = np.where((closed & near)[:, None], ee_pos[began], np.nan)
    return np.where(closed[:, None], here, next_grasps(frames)).astype(np.float32)


def grasp_marks(frames: Frames, task: str, cameras: tuple[str, ...]) -> NDArray[np.float32]:
    """Where the item is in each camera's picture, (N, cameras, 2) in [-1, 1], x right, y down.

    The item is where the gripper closes next, and at the end effector while it is closed: NaN where
    neither is known, infinite where that is outside the picture. The cameras' calibration is used:
    BadValue for episodes whose cameras were moved.
    """
    _refuse_moved_cameras(frames)
    ee_pos = frames.observations["ee_pos"].astype(np.float64)
    closed = told_closed(frames)[:, None]
    places = np.where(closed, ee_pos, next_grasps(frames).astype(np.float64))
    turn = rotation(frames.observations["ee_quat"])
    from_ee = np.einsum("nji,nj->ni", turn, places - ee_pos)
    calibrated = describe_task(task).cameras
    marks = [_mark(calibrated[camera], places, from_ee) for camera in cameras]
    return np.stack(marks, axis=1).astype(np.float32)


def _mark(camera: Camera, places: Array, from_ee: Array) -> Array:
    pinhole, points = (
        PinholeCamera.of(camera),
        from_ee if isinstance(camera, WristCamera) else places,
    )
    depth = (points - pinhole.eye) @ pinhole.axes[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        marks = pinhole.picture(points)
    outside = (depth < LEAST_DEPTH_M) | (np.abs(marks) >= 1).any(-1)
    return np.where(outside[:, None], np.inf, marks)


def _refuse_moved_cameras(frames: Frames) -> None:
    for summary in frames.episodes:
        variation = summary.header.variation
        if variation != "none":
            expected = "none, with cameras as calibrated; or another encoder than pointer"
            raise BadValue(f"variation of episode {summary.id}", expected, repr(variation))
